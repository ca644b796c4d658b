<?php
/**
 * Plugin Name: {{name:header}}
 * Description: {{description:header}}
 * Version: 1.0.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * License: GPL-2.0-or-later
 * License URI: https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain: {{domain:id}}
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

require_once __DIR__ . '/blocks/{{slug:id}}/register.php';
