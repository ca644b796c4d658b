<?php
/**
 * The head of every page, up to its content.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;
?>
<!doctype html>
<html <?php language_attributes(); ?>>
<head>
	<meta charset="<?php bloginfo( 'charset' ); ?>">
	<meta name="viewport" content="width=device-width, initial-scale=1">
	<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<?php wp_body_open(); ?>
<a class="screen-reader-text" href="#content"><?php esc_html_e( 'Skip to content', '{{slug:id}}' ); ?></a>
<header class="site-header">
	<?php the_custom_logo(); ?>
	<p class="site-title"><a href="<?php echo esc_url( home_url( '/' ) ); ?>"><?php bloginfo( 'name' ); ?></a></p>
	<?php if ( has_nav_menu( 'primary' ) ) : ?>
		<nav class="site-navigation" aria-label="<?php esc_attr_e( 'Primary menu', '{{slug:id}}' ); ?>">
			<?php
			wp_nav_menu(
				array(
					'theme_location' => 'primary',
					'container'      => false,
				)
			);
			?>
		</nav>
	<?php endif; ?>
</header>
<main id="content" class="site-content">
