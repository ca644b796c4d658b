<?php
/**
 * Habits.
 *
 * @package Habits
 */

/**
 * Saves a habit.
 *
 * @param WP_Post $post Which.
 * @return int|WP_Error
 */
function habits_save( $post ) {
	$answer = wp_remote_post( 'https://habits.example', array( 'body' => $post->post_title ) );
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	if ( preg_match( '/(\d+)/', wp_remote_retrieve_body( $answer ), $matches ) ) {
		return (int) $matches[1];
	}
	list( $first, $second ) = explode( ' ', $post->post_title . ' ' );
	$label = sprintf( /* translators: %s: words. */ __( 'Saved %s', 'habits' ), $first . $second );
	$labels = array_map(
		static function ( $word ) use ( $label ) {
			return $label . $word;
		},
		array( 'a', 'b' )
	);
	foreach ( $labels as $key => $value ) {
		$labels[ $key ] = ucfirst( $value );
	}
	$later = $undeclared ?? 0;
	return count( $labels ) + $later;
}

/** Habits as posts. */
class Habits_Posts {

	/** Registers them. */
	public function register() {
		register_post_type( 'habit', array( 'public' => true ) );
	}
}
