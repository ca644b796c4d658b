<?php
/**
 * What is done once a day.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Plans the daily work, where it is not planned yet.
 *
 * @return void
 */
function {{prefix:id}}_schedule_daily() {
	if ( ! wp_next_scheduled( '{{prefix:id}}_daily' ) ) {
		wp_schedule_event( time() + HOUR_IN_SECONDS, 'daily', '{{prefix:id}}_daily' );
	}
}
add_action( 'init', '{{prefix:id}}_schedule_daily' );

/**
 * Takes the daily work out of the schedule.
 *
 * @return void
 */
function {{prefix:id}}_unschedule_daily() {
	wp_clear_scheduled_hook( '{{prefix:id}}_daily' );
}
register_deactivation_hook( {{constant:id}}_FILE, '{{prefix:id}}_unschedule_daily' );

/**
 * Counts what is published, so that pages need not.
 *
 * @return void
 */
function {{prefix:id}}_run_daily() {
	$counts = wp_count_posts( '{{type:id}}' );

	set_transient( '{{prefix:id}}_count', isset( $counts->publish ) ? (int) $counts->publish : 0, 2 * DAY_IN_SECONDS );
}
add_action( '{{prefix:id}}_daily', '{{prefix:id}}_run_daily' );
