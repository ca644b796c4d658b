<?php
/**
 * The plugin itself.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Hooks the plugin into WordPress.
 */
class {{class:id}} {

	/**
	 * The one instance.
	 *
	 * @var {{class:id}}|null
	 */
	private static $instance = null;

	/**
	 * Gets the one instance, and makes it at the first call.
	 *
	 * @return {{class:id}}
	 */
	public static function instance() {
		if ( null === self::$instance ) {
			self::$instance = new self();
		}

		return self::$instance;
	}

	/**
	 * Hooks the plugin in.
	 */
	private function __construct() {
		add_action( 'init', array( $this, 'load_textdomain' ) );
	}

	/**
	 * Loads the translations that come with the plugin.
	 *
	 * @return void
	 */
	public function load_textdomain() {
		load_plugin_textdomain( '{{slug:id}}', false, dirname( plugin_basename( {{constant:id}}_FILE ) ) . '/languages' );
	}
}
