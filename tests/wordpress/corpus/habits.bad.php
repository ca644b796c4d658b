<?php

function save( $post ) { // expect: quality.unprefixed
	$answer = wp_remote_get( 'https://habits.example' ); // expect: quality.unchecked_wp_error
	$body = $answer['body'];
	$label = __( 'Saved' ); // expect: quality.text_domain
	error_log( $body ); // expect: quality.debug_code
	$size = @filesize( $label ); // expect: quality.silenced
	return $size + $undefined; // expect: quality.undefined_variable
}

class Habits_List { // expect: quality.docblock

	/** Shows them. */
	public function show() {
		$loop = new WP_Query( array( 'cat' => 1 ) );
		while ( $loop->have_posts() ) {
			$loop->the_post(); // expect: quality.missing_reset
		}
		$user = get_userdatabylogin( 'ada' ); // expect: quality.deprecated
		register_post_type( 'Habit', array() ); // expect: quality.schema
		return $user;
	}
}
