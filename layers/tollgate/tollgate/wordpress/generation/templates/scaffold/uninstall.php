<?php
/**
 * Takes away what the plugin has stored, when it is deleted.
 *
 * @package {{package:id}}
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

delete_option( '{{prefix:id}}_settings' );
