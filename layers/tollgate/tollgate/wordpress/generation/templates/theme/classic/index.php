<?php
/**
 * Lists posts, wherever no other template is at hand.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

get_header();

if ( have_posts() ) :
	while ( have_posts() ) :
		the_post();
		?>
		<article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
			<?php the_title( '<h2 class="entry-title"><a href="' . esc_url( get_permalink() ) . '">', '</a></h2>' ); ?>
			<p class="entry-date"><?php echo esc_html( get_the_date() ); ?></p>
			<?php
			the_post_thumbnail( 'large' );
			the_excerpt();
			?>
		</article>
		<?php
	endwhile;
	the_posts_pagination();
else :
	?>
	<p><?php esc_html_e( 'Nothing has been published here yet.', '{{slug:id}}' ); ?></p>
	<?php
endif;

get_footer();
