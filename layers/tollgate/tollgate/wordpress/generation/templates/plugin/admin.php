<?php
/**
 * The plugin's page in the admin area.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Adds the page to the menu.
 *
 * @return void
 */
function {{prefix:id}}_add_admin_page() {
	add_menu_page(
		__( {{name:php}}, '{{slug:id}}' ),
		__( {{name:php}}, '{{slug:id}}' ),
		'manage_options',
		'{{slug:id}}',
		'{{prefix:id}}_render_admin_page',
		'{{icon:id}}'
	);
}
add_action( 'admin_menu', '{{prefix:id}}_add_admin_page' );

/**
 * Prints the page.
 *
 * @return void
 */
function {{prefix:id}}_render_admin_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}

	$counts    = wp_count_posts( '{{type:id}}' );
	$published = isset( $counts->publish ) ? (int) $counts->publish : 0;
	$note      = (string) get_option( '{{prefix:id}}_note', '' );
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<p>
			<?php
			/* translators: %s: a number. */
			echo esc_html( sprintf( __( 'Published: %s', '{{slug:id}}' ), number_format_i18n( $published ) ) );
			?>
		</p>
		<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
			<input type="hidden" name="action" value="{{prefix:id}}_save_note" />
			<?php wp_nonce_field( '{{prefix:id}}_save_note' ); ?>
			<p>
				<label for="{{slug:id}}-note"><?php esc_html_e( 'Note for other administrators', '{{slug:id}}' ); ?></label>
			</p>
			<p>
				<textarea id="{{slug:id}}-note" name="note" rows="5" class="large-text"><?php echo esc_textarea( $note ); ?></textarea>
			</p>
			<?php submit_button( __( 'Save note', '{{slug:id}}' ) ); ?>
		</form>
	</div>
	<?php
}

/**
 * Saves the note, and goes back to the page.
 *
 * @return void
 */
function {{prefix:id}}_save_note() {
	check_admin_referer( '{{prefix:id}}_save_note' );
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( esc_html__( 'You are not allowed to do this.', '{{slug:id}}' ), '', array( 'response' => 403 ) );
	}

	$note = isset( $_POST['note'] ) ? sanitize_textarea_field( wp_unslash( $_POST['note'] ) ) : '';
	update_option( '{{prefix:id}}_note', $note, false );

	wp_safe_redirect( add_query_arg( 'page', '{{slug:id}}', admin_url( 'admin.php' ) ) );
	exit;
}
add_action( 'admin_post_{{prefix:id}}_save_note', '{{prefix:id}}_save_note' );
