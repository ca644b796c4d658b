<?php
/**
 * The shortcode.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Lists the newest items: [{{prefix:id}}_items number="5"].
 *
 * @param array|string $atts What the shortcode was given.
 * @return string
 */
function {{prefix:id}}_items_shortcode( $atts ) {
	$atts = shortcode_atts( array( 'number' => 5 ), $atts, '{{prefix:id}}_items' );

	$query = new WP_Query(
		array(
			'post_type'      => '{{type:id}}',
			'post_status'    => 'publish',
			'posts_per_page' => min( 50, max( 1, absint( $atts['number'] ) ) ),
			'no_found_rows'  => true,
		)
	);
	if ( ! $query->have_posts() ) {
		return '';
	}

	$items = '';
	while ( $query->have_posts() ) {
		$query->the_post();
		$items .= sprintf( '<li><a href="%s">%s</a></li>', esc_url( get_permalink() ), esc_html( get_the_title() ) );
	}
	wp_reset_postdata();

	return '<ul class="{{slug:id}}-items">' . $items . '</ul>';
}
add_shortcode( '{{prefix:id}}_items', '{{prefix:id}}_items_shortcode' );
