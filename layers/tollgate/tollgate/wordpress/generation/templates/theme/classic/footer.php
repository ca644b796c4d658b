<?php
/**
 * The foot of every page.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;
?>
</main>
<footer class="site-footer">
	<?php
	if ( is_active_sidebar( 'footer' ) ) {
		dynamic_sidebar( 'footer' );
	}
	?>
	<p><?php bloginfo( 'description' ); ?></p>
</footer>
<?php wp_footer(); ?>
</body>
</html>
