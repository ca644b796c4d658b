// Runs a block's scripts with a small `wp` in place of WordPress's, and says what they did.
//
// Argument: a JSON file with `script` (its path), `attributes` (those that the block is shown with) and `view` (the path
// of its script for the page, or null).

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const job = JSON.parse( readFileSync( process.argv[ 2 ], 'utf8' ) );
const registered = [];
const domains = new Set();

const element = {
	createElement: ( type, props, ...children ) => ( { type, props: props ?? {}, children: children.flat( Infinity ) } ),
	Fragment: 'fragment',
	memo: ( component ) => component,
	useState: ( initial ) => [ typeof initial === 'function' ? initial() : initial, () => {} ],
};
const named = ( name ) => Object.assign( () => null, { displayName: name } );
const blockProps = ( props = {} ) => ( { ...props, 'data-block': true } );
blockProps.save = ( props = {} ) => ( { ...props, 'data-saved': true } );
const wp = {
	blocks: { registerBlockType: ( name, settings ) => registered.push( [ name, settings ] ) },
	element,
	blockEditor: {
		useBlockProps: blockProps,
		InspectorControls: 'InspectorControls',
		PlainText: 'PlainText',
		RichText: Object.assign( named( 'RichText' ), { Content: named( 'RichText.Content' ) } ),
		InnerBlocks: Object.assign( named( 'InnerBlocks' ), { Content: named( 'InnerBlocks.Content' ) } ),
	},
	components: Object.fromEntries(
		[ 'PanelBody', 'TextControl', 'TextareaControl', 'ToggleControl', 'SelectControl', 'RangeControl' ].map( ( name ) => [
			name,
			name,
		] )
	),
	i18n: {
		__: ( text, domain ) => {
			domains.add( domain );
			return text;
		},
	},
	serverSideRender: 'ServerSideRender',
};
const strict = ( object, path ) =>
	new Proxy( object, {
		get( target, name ) {
			if ( ! ( name in target ) ) {
				throw new Error( `${ path }.${ String( name ) } is nothing that WordPress has` );
			}
			return target[ name ];
		},
	} );
const window = { wp: strict( Object.fromEntries( Object.entries( wp ).map( ( [ name, value ] ) => [
	name,
	typeof value === 'object' ? strict( value, `wp.${ name }` ) : value,
] ) ), 'wp' ) };
const seen = { classes: [], listeners: 0 };
const document = {
	readyState: 'complete',
	querySelectorAll: () => [ { classList: { add: ( name ) => seen.classes.push( name ) } } ],
	addEventListener: () => ( seen.listeners += 1 ),
};

vm.runInNewContext( readFileSync( job.script, 'utf8' ), { window } );
if ( job.view ) {
	vm.runInNewContext( readFileSync( job.view, 'utf8' ), { window, document } );
}

/** What a tree shows: names of elements and controls, and texts, components rendered. */
function flat( node ) {
	if ( node === null || node === undefined || node === false ) {
		return [];
	}
	if ( typeof node !== 'object' ) {
		return [ { text: String( node ) } ];
	}
	if ( typeof node.type === 'function' && ! node.type.displayName ) {
		return flat( node.type( node.props ) );
	}
	const type = node.type.displayName ?? node.type;
	return [ { type, props: node.props }, ...node.children.flatMap( flat ) ];
}

const changes = [];
const given = Object.freeze( { ...job.attributes } );
const props = { attributes: given, setAttributes: ( change ) => changes.push( change ) };
const out = registered.map( ( [ name, settings ] ) => {
	const shown = flat( { type: settings.edit, props, children: [] } );
	const duringRender = changes.length;
	const controls = shown.filter( ( node ) => node.props?.onChange );
	const saved = settings.save( { attributes: given } );
	return {
		name,
		duringRender,
		controls: controls.map( ( node ) => [ node.type, node.props.label ?? node.props.placeholder, node.props.type ?? null ] ),
		changed: controls.map( ( node ) => {
			node.props.onChange( { ToggleControl: true, SelectControl: '1' }[ node.type ] ?? ( node.props.type === 'number' ? '7.5' : 'a: b\nc' ) );
			return changes.at( -1 );
		} ),
		texts: shown.flatMap( ( node ) => node.text ?? [] ),
		hasPanel: shown.some( ( node ) => node.type === 'InspectorControls' ),
		hasInner: shown.some( ( node ) => node.type === 'InnerBlocks' ),
		hasBlockProps: shown.some( ( node ) => node.props?.[ 'data-block' ] ),
		saved: saved === null ? null : flat( saved ).map( ( node ) => node.text ?? `${ node.type }.${ node.props.className ?? '' }` ),
	};
} );
process.stdout.write( JSON.stringify( { blocks: out, domains: [ ...domains ], seen } ) );
