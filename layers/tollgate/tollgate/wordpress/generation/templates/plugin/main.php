<?php
/**
 * Plugin Name: {{name:header}}
 * Description: {{description:header}}
 * Version: 1.0.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * License: GPL-2.0-or-later
 * License URI: https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain: {{slug:id}}
 * Domain Path: /languages
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

define( '{{constant:id}}_VERSION', '1.0.0' );
define( '{{constant:id}}_FILE', __FILE__ );

{{requires:id}}

/**
 * Loads the translations that come with the plugin.
 *
 * @return void
 */
function {{prefix:id}}_load_textdomain() {
	load_plugin_textdomain( '{{slug:id}}', false, dirname( plugin_basename( {{constant:id}}_FILE ) ) . '/languages' );
}
add_action( 'init', '{{prefix:id}}_load_textdomain' );
