<?php
/**
 * The block that lists items.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Registers the block.
 *
 * @return void
 */
function {{prefix:id}}_register_blocks() {
	register_block_type(
		dirname( __DIR__ ) . '/blocks/items',
		array( 'render_callback' => '{{prefix:id}}_render_items_block' )
	);
}
add_action( 'init', '{{prefix:id}}_register_blocks' );

/**
 * Lists the newest items.
 *
 * @param array $attributes The block's attributes.
 * @return string
 */
function {{prefix:id}}_render_items_block( $attributes ) {
	$number = isset( $attributes['number'] ) ? absint( $attributes['number'] ) : 5;
	$query  = new WP_Query(
		array(
			'post_type'      => '{{type:id}}',
			'post_status'    => 'publish',
			'posts_per_page' => min( 20, max( 1, $number ) ),
			'no_found_rows'  => true,
		)
	);

	$items = '';
	foreach ( $query->posts as $item ) {
		$items .= sprintf(
			'<li><a href="%s">%s</a></li>',
			esc_url( get_permalink( $item ) ),
			esc_html( get_the_title( $item ) )
		);
	}
	if ( '' === $items ) {
		$items = '<li>' . esc_html__( 'Nothing has been published yet.', '{{slug:id}}' ) . '</li>';
	}

	return sprintf( '<ul %1$s>%2$s</ul>', get_block_wrapper_attributes(), $items );
}
