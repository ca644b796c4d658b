<?php
/**
 * The post type.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Registers the post type.
 *
 * @return void
 */
function {{prefix:id}}_register_post_type() {
	$labels = array(
		'name'               => __( {{plural:php}}, '{{slug:id}}' ),
		'singular_name'      => __( {{singular:php}}, '{{slug:id}}' ),
		'add_new'            => __( 'Add New', '{{slug:id}}' ),
		'add_new_item'       => __( {{add_new:php}}, '{{slug:id}}' ),
		'edit_item'          => __( {{edit:php}}, '{{slug:id}}' ),
		'new_item'           => __( {{new:php}}, '{{slug:id}}' ),
		'view_item'          => __( {{view:php}}, '{{slug:id}}' ),
		'search_items'       => __( {{search:php}}, '{{slug:id}}' ),
		'not_found'          => __( 'Nothing was found.', '{{slug:id}}' ),
		'not_found_in_trash' => __( 'Nothing was found in the trash.', '{{slug:id}}' ),
		'all_items'          => __( {{all:php}}, '{{slug:id}}' ),
		'menu_name'          => __( {{plural:php}}, '{{slug:id}}' ),
	);

	register_post_type(
		'{{type:id}}',
		array(
			'labels'       => $labels,
			'public'       => true,
			'has_archive'  => true,
			'show_in_rest' => true,
			'menu_icon'    => '{{icon:id}}',
			'rewrite'      => array( 'slug' => '{{rewrite:id}}' ),
			'supports'     => array( 'title', 'editor', 'excerpt', 'thumbnail', 'revisions', 'custom-fields' ),
		)
	);
}
add_action( 'init', '{{prefix:id}}_register_post_type' );
