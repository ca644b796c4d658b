<?php
/**
 * What the editor's script needs.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

return array(
	'dependencies' => array( {{dependencies:id}} ),
	'version'      => '{{version:id}}',
);
