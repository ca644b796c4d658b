<?php
/**
 * The taxonomy.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Registers the taxonomy.
 *
 * @return void
 */
function {{prefix:id}}_register_taxonomy() {
	$labels = array(
		'name'          => __( {{terms:php}}, '{{slug:id}}' ),
		'singular_name' => __( {{term:php}}, '{{slug:id}}' ),
		'search_items'  => __( {{search_terms:php}}, '{{slug:id}}' ),
		'all_items'     => __( {{all_terms:php}}, '{{slug:id}}' ),
		'edit_item'     => __( {{edit_term:php}}, '{{slug:id}}' ),
		'update_item'   => __( {{update_term:php}}, '{{slug:id}}' ),
		'add_new_item'  => __( {{add_term:php}}, '{{slug:id}}' ),
		'new_item_name' => __( {{new_term:php}}, '{{slug:id}}' ),
		'not_found'     => __( 'Nothing was found.', '{{slug:id}}' ),
	);

	register_taxonomy(
		'{{taxonomy:id}}',
		'{{type:id}}',
		array(
			'labels'            => $labels,
			'public'            => true,
			'hierarchical'      => {{hierarchical:id}},
			'show_admin_column' => true,
			'show_in_rest'      => true,
			'rewrite'           => array( 'slug' => '{{taxonomy_rewrite:id}}' ),
		)
	);
}
add_action( 'init', '{{prefix:id}}_register_taxonomy' );
