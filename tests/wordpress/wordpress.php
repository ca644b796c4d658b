<?php
/**
 * Loads generated files as WordPress does, with functions that stand in for its own, and says what came of it.
 *
 * Arguments: a JSON file with `load` (paths, in this order), `functions` (names that WordPress has) and `render`
 * (calls: a function and its arguments). Anything that PHP warns of is a failure.
 */

declare( strict_types = 1 );

set_error_handler(
	static function ( int $level, string $message, string $file, int $line ): bool {
		throw new ErrorException( $message, 0, $level, $file, $line );
	}
);

define( 'ABSPATH', '/' );
define( 'HOUR_IN_SECONDS', 3600 );
define( 'DAY_IN_SECONDS', 86400 );

$registered = array();

function esc_html( $text ) {
	return htmlspecialchars( (string) $text, ENT_QUOTES );
}

function esc_url( $url ) {
	return preg_match( '#^(https?:)?/#', (string) $url ) ? htmlspecialchars( (string) $url, ENT_QUOTES ) : '';
}

function wp_kses_post( $text ) {
	return strip_tags( (string) $text, '<b><em><strong><a>' );
}

function esc_html__( $text ) {
	return esc_html( $text );
}

function __( $text ) {
	return $text;
}

function get_block_wrapper_attributes( array $extra = array() ) {
	return 'class="' . esc_html( trim( 'wp-block ' . ( $extra['class'] ?? '' ) ) ) . '"';
}

function plugin_dir_path( $file ) {
	return dirname( $file ) . '/';
}

function register_block_type( $where, array $args = array() ) {
	global $registered;
	$registered[] = array( $where, $args );
}

function add_action( $hook, $callback ) {
	global $registered;
	if ( ! is_callable( $callback ) ) {
		throw new RuntimeException( "the callback of {$hook} cannot be called" );
	}
	$registered[] = $hook;
}

$job = json_decode( file_get_contents( $argv[1] ), true, 64, JSON_THROW_ON_ERROR );
foreach ( $job['functions'] as $name ) {
	if ( ! function_exists( $name ) ) {
		eval( "function {$name}( ...\$given ) { return null; }" );
	}
}
foreach ( $job['load'] as $path ) {
	require_once $path;
}
$printed = array();
foreach ( $job['render'] as list( $function, $arguments ) ) {
	$printed[] = $function( ...$arguments );
}
echo json_encode( array( 'registered' => $registered, 'printed' => $printed ), JSON_THROW_ON_ERROR );
