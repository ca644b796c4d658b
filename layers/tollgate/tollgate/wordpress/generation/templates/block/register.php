<?php
/**
 * Registers the block {{name:id}}.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

{{require:id}}

if ( ! function_exists( '{{function:id}}' ) ) {
	/**
	 * Registers the block and its assets from block.json.
	 *
	 * @return void
	 */
	function {{function:id}}() {
		register_block_type( {{arguments:id}} );
	}
	add_action( 'init', '{{function:id}}' );
}
