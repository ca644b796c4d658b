<?php
/**
 * Fields in the editor.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Adds the box to the editor.
 *
 * @return void
 */
function {{prefix:id}}_add_meta_boxes() {
	add_meta_box(
		'{{slug:id}}-details',
		__( 'Details', '{{slug:id}}' ),
		'{{prefix:id}}_render_meta_box',
		'{{type:id}}',
		'normal',
		'default'
	);
}
add_action( 'add_meta_boxes', '{{prefix:id}}_add_meta_boxes' );

/**
 * Prints the fields.
 *
 * @param WP_Post $post The post that is edited.
 * @return void
 */
function {{prefix:id}}_render_meta_box( $post ) {
	wp_nonce_field( '{{prefix:id}}_save_details', '{{prefix:id}}_nonce' );
{{field_reads:id}}
	?>
{{field_rows:id}}
	<?php
}

/**
 * Saves the fields.
 *
 * @param int $post_id The post that is saved.
 * @return void
 */
function {{prefix:id}}_save_meta_boxes( $post_id ) {
	if ( defined( 'DOING_AUTOSAVE' ) && DOING_AUTOSAVE ) {
		return;
	}
	if ( ! isset( $_POST['{{prefix:id}}_nonce'] ) ) {
		return;
	}
	$nonce = sanitize_text_field( wp_unslash( $_POST['{{prefix:id}}_nonce'] ) );
	if ( ! wp_verify_nonce( $nonce, '{{prefix:id}}_save_details' ) ) {
		return;
	}
	if ( ! current_user_can( 'edit_post', $post_id ) ) {
		return;
	}

{{field_saves:id}}
}
add_action( 'save_post_{{type:id}}', '{{prefix:id}}_save_meta_boxes' );
