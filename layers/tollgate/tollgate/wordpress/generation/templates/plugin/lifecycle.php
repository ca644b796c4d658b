<?php
/**
 * What happens when the plugin is switched on, switched off and updated.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Prepares the site for the plugin.
 *
 * @return void
 */
function {{prefix:id}}_activate() {
{{activate_types:id}}
	update_option( '{{prefix:id}}_version', {{constant:id}}_VERSION );
	flush_rewrite_rules();
}
register_activation_hook( {{constant:id}}_FILE, '{{prefix:id}}_activate' );

/**
 * Leaves the site without the plugin's addresses. What was written stays.
 *
 * @return void
 */
function {{prefix:id}}_deactivate() {
	flush_rewrite_rules();
}
register_deactivation_hook( {{constant:id}}_FILE, '{{prefix:id}}_deactivate' );

/**
 * Notes the version after an update.
 *
 * @return void
 */
function {{prefix:id}}_maybe_upgrade() {
	if ( {{constant:id}}_VERSION !== get_option( '{{prefix:id}}_version' ) ) {
		update_option( '{{prefix:id}}_version', {{constant:id}}_VERSION );
	}
}
add_action( 'plugins_loaded', '{{prefix:id}}_maybe_upgrade' );
