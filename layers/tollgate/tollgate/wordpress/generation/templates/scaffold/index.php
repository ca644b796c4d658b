<?php
/**
 * Keeps servers from listing this folder.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;
