<?php
/**
 * Prepares WordPress's test library for the plugin's tests.
 *
 * @package {{package:id}}
 */

${{prefix:id}}_library = getenv( 'WP_TESTS_DIR' );
if ( ! ${{prefix:id}}_library ) {
	${{prefix:id}}_library = rtrim( sys_get_temp_dir(), '/\\' ) . '/wordpress-tests-lib';
}

if ( ! is_readable( ${{prefix:id}}_library . '/includes/functions.php' ) ) {
	fwrite( STDERR, "WordPress's test library was not found. Run bin/install-wp-tests.sh, or set WP_TESTS_DIR.\n" );
	exit( 1 );
}

require_once ${{prefix:id}}_library . '/includes/functions.php';

/**
 * Loads the plugin before the tests begin.
 *
 * @return void
 */
function {{prefix:id}}_load_for_tests() {
	require dirname( __DIR__ ) . '/{{slug:id}}.php';
}
tests_add_filter( 'muplugins_loaded', '{{prefix:id}}_load_for_tests' );

require ${{prefix:id}}_library . '/includes/bootstrap.php';
