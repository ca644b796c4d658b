<?php
/**
 * What the theme supports, and which styles it loads.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Tells WordPress what the theme supports.
 *
 * @return void
 */
function {{prefix:id}}_setup() {
	load_theme_textdomain( '{{slug:id}}', get_template_directory() . '/languages' );

	add_theme_support( 'automatic-feed-links' );
	add_theme_support( 'title-tag' );
	add_theme_support( 'post-thumbnails' );
	add_theme_support( 'custom-logo' );
	add_theme_support( 'responsive-embeds' );
	add_theme_support( 'align-wide' );
	add_theme_support( 'wp-block-styles' );
	add_theme_support(
		'html5',
		array( 'search-form', 'comment-form', 'comment-list', 'gallery', 'caption', 'style', 'script' )
	);

	register_nav_menus( array( 'primary' => __( 'Primary menu', '{{slug:id}}' ) ) );
}
add_action( 'after_setup_theme', '{{prefix:id}}_setup' );

/**
 * Loads the styles, and the script for answers to comments where it is needed.
 *
 * @return void
 */
function {{prefix:id}}_enqueue_assets() {
	wp_enqueue_style( '{{slug:id}}-style', get_stylesheet_uri(), array(), wp_get_theme()->get( 'Version' ) );

	if ( is_singular() && comments_open() && get_option( 'thread_comments' ) ) {
		wp_enqueue_script( 'comment-reply' );
	}
}
add_action( 'wp_enqueue_scripts', '{{prefix:id}}_enqueue_assets' );

/**
 * Registers the area for widgets in the footer.
 *
 * @return void
 */
function {{prefix:id}}_register_sidebars() {
	register_sidebar(
		array(
			'name'          => __( 'Footer', '{{slug:id}}' ),
			'id'            => 'footer',
			'before_widget' => '<section id="%1$s" class="widget %2$s">',
			'after_widget'  => '</section>',
			'before_title'  => '<h2 class="widget-title">',
			'after_title'   => '</h2>',
		)
	);
}
add_action( 'widgets_init', '{{prefix:id}}_register_sidebars' );
