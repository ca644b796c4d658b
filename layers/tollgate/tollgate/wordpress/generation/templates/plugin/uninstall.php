<?php
/**
 * Takes away what the plugin has stored for itself. What people wrote with it stays.
 *
 * @package {{package:id}}
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

{{removals:id}}
