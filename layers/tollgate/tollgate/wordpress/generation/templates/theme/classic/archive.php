<?php
/**
 * Lists the posts of a category, a tag, an author or a time.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

get_header();

the_archive_title( '<h1 class="archive-title">', '</h1>' );
the_archive_description( '<div class="archive-description">', '</div>' );

while ( have_posts() ) :
	the_post();
	?>
	<article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
		<?php
		the_title( '<h2 class="entry-title"><a href="' . esc_url( get_permalink() ) . '">', '</a></h2>' );
		the_excerpt();
		?>
	</article>
	<?php
endwhile;

the_posts_pagination();

get_footer();
