<?php
/**
 * Prints the block {{name:id}}.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

if ( ! function_exists( '{{function:id}}' ) ) {
	/**
	 * Renders the block.
	 *
	 * @param array  $attributes The block's attributes.
	 * @param string $content    The blocks inside of it, as they are printed.
	 * @return string
	 */
	function {{function:id}}( $attributes, $content = '' ) {
{{reads:id}}

{{classes:id}}

		$html = '';
{{parts:id}}

		return '<div ' . {{wrapper:id}} . '>' . $html{{inner:id}} . '</div>';
	}
}
