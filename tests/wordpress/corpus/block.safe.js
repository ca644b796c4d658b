/**
 * A block.
 */
import debounce from 'lodash/debounce';
import { RichText, useBlockProps } from '@wordpress/block-editor';

export default function Edit( { attributes, setAttributes } ) {
	const [ open, setOpen ] = useState( false );
	const toggle = useCallback( () => setOpen( ( before ) => ! before ), [] );
	const title = useSelect( ( select ) => select( 'core/editor' ).getEditedPostAttribute( 'title' ), [] );
	useEffect( () => {
		setAttributes( { title } );
	}, [ title ] );
	return (
		<div { ...useBlockProps() }>
			<RichText value={ attributes.text } onChange={ ( text ) => setAttributes( { text } ) } />
			<button onClick={ debounce( toggle, 100 ) }>{ open ? 'Close' : 'Open' }</button>
		</div>
	);
}
