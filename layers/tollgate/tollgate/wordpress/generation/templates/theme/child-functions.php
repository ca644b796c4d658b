<?php
/**
 * What the child theme changes.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Loads the parent's styles, and the child's behind them.
 *
 * @return void
 */
function {{prefix:id}}_enqueue_styles() {
	$parent = wp_get_theme( get_template() );

	wp_enqueue_style(
		'{{slug:id}}-parent-style',
		get_parent_theme_file_uri( 'style.css' ),
		array(),
		$parent->get( 'Version' )
	);
	wp_enqueue_style(
		'{{slug:id}}-style',
		get_stylesheet_uri(),
		array( '{{slug:id}}-parent-style' ),
		wp_get_theme()->get( 'Version' )
	);
}
add_action( 'wp_enqueue_scripts', '{{prefix:id}}_enqueue_styles' );
