<?php
/**
 * The first test of the plugin.
 *
 * @package {{package:id}}
 */

/**
 * Tests that the plugin is there.
 */
class {{class:id}}_Test_Sample extends WP_UnitTestCase {

	/**
	 * The plugin says which version it is.
	 *
	 * @return void
	 */
	public function test_the_plugin_is_loaded() {
		$this->assertSame( '1.0.0', {{constant:id}}_VERSION );
	}
}
