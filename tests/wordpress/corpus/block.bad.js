import _ from 'lodash'; // expect: performance.whole_import
import { RichText } from '@wordpress/editor'; // expect: quality.deprecated

export default function Edit( { attributes, setAttributes } ) { // expect: performance.rerender quality.block_props
	const [ open, setOpen ] = useState( false );
	const posts = useSelect( ( select ) => select( 'core' ).getEntityRecords( 'postType', 'post' ).map( ( p ) => p.id ) ); // expect: performance.rerender
	setAttributes( { seen: true } ); // expect: performance.render_mutation
	useEffect( () => { setOpen( true ); } ); // expect: performance.render_mutation
	document.getElementById( 'x' ).innerHTML = attributes.html; // expect: security.js_unsafe_html
	eval( attributes.code ); // expect: security.js_unsafe_html
	console.log( posts ); // expect: quality.debug_code
	return <div dangerouslySetInnerHTML={ { __html: attributes.html } }>{ _.map( posts ) }{ open }</div>; // expect: security.js_unsafe_html
}
