<?php
/**
 * The plugin's settings.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * What the settings are before anybody has changed them.
 *
 * @return array
 */
function {{prefix:id}}_default_settings() {
	return array(
{{setting_defaults:id}}
	);
}

/**
 * The settings as they are.
 *
 * @return array
 */
function {{prefix:id}}_settings() {
	return wp_parse_args( (array) get_option( '{{prefix:id}}_settings', array() ), {{prefix:id}}_default_settings() );
}

/**
 * Registers the settings with their section and fields.
 *
 * @return void
 */
function {{prefix:id}}_register_settings() {
	register_setting(
		'{{prefix:id}}',
		'{{prefix:id}}_settings',
		array(
			'type'              => 'array',
			'default'           => {{prefix:id}}_default_settings(),
			'sanitize_callback' => '{{prefix:id}}_sanitize_settings',
		)
	);

	add_settings_section( '{{prefix:id}}_general', __( 'General', '{{slug:id}}' ), '__return_null', '{{slug:id}}-settings' );
{{setting_fields:id}}
}
add_action( 'admin_init', '{{prefix:id}}_register_settings' );

/**
 * Makes of what a form sent what may be stored.
 *
 * @param mixed $sent What was sent.
 * @return array
 */
function {{prefix:id}}_sanitize_settings( $sent ) {
	$sent = is_array( $sent ) ? $sent : array();

	return array(
{{setting_cleaners:id}}
	);
}

/**
 * Prints a field.
 *
 * @param array $args What the field was registered with: its key and type.
 * @return void
 */
function {{prefix:id}}_render_setting( $args ) {
	$settings = {{prefix:id}}_settings();
	$name     = '{{prefix:id}}_settings[' . $args['key'] . ']';
	$value    = isset( $settings[ $args['key'] ] ) ? $settings[ $args['key'] ] : '';

	if ( 'checkbox' === $args['type'] ) {
		printf(
			'<input type="checkbox" id="%1$s" name="%2$s" value="1" %3$s />',
			esc_attr( $args['label_for'] ),
			esc_attr( $name ),
			checked( (bool) $value, true, false )
		);
		return;
	}

	printf(
		'<input type="%1$s" id="%2$s" name="%3$s" value="%4$s" class="regular-text" />',
		esc_attr( $args['type'] ),
		esc_attr( $args['label_for'] ),
		esc_attr( $name ),
		esc_attr( (string) $value )
	);
}

/**
 * Adds the page below "Settings".
 *
 * @return void
 */
function {{prefix:id}}_add_settings_page() {
	add_options_page(
		__( {{name:php}}, '{{slug:id}}' ),
		__( {{name:php}}, '{{slug:id}}' ),
		'manage_options',
		'{{slug:id}}-settings',
		'{{prefix:id}}_render_settings_page'
	);
}
add_action( 'admin_menu', '{{prefix:id}}_add_settings_page' );

/**
 * Prints the page.
 *
 * @return void
 */
function {{prefix:id}}_render_settings_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	?>
	<div class="wrap">
		<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
		<form method="post" action="options.php">
			<?php
			settings_fields( '{{prefix:id}}' );
			do_settings_sections( '{{slug:id}}-settings' );
			submit_button();
			?>
		</form>
	</div>
	<?php
}
