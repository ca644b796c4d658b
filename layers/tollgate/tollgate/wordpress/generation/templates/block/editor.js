( function ( blocks, element, blockEditor, components, i18n ) {
	'use strict';

	const el = element.createElement;
	const __ = i18n.__;
	const BASE = '{{base:id}}';

	/**
	 * Shows a value, unless there is none.
	 *
	 * @param {Object} attributes The block's attributes.
	 * @param {string} name       The attribute.
	 * @param {string} part       Its part of the class.
	 * @param {string} tagName    The element.
	 * @return {Object|null} The element.
	 */
	function shown( attributes, name, part, tagName ) {
		const value = attributes[ name ];
		if ( value === undefined || value === null || value === '' ) {
			return null;
		}
		return el( tagName, { key: name, className: BASE + '__' + part }, String( value ) );
	}

{{helpers:id}}

{{typing:id}}

	/**
	 * What the block shows, in the editor and on the page.
	 *
	 * @param {Object}   attributes The block's attributes.
	 * @param {Function} text       Shows a text.
	 * @param {Function} rich       Shows a text with formats.
	 * @return {Array} The elements.
	 */
	function view( attributes, text, rich ) {
		return [
{{view:id}}
		];
	}

	/**
	 * The block in the editor.
	 *
	 * @param {Object} props The block's properties.
	 * @return {Object} The element.
	 */
	function Edit( props ) {
		const { attributes } = props;
		const blockProps = {{edit_props:id}};

		return el(
			element.Fragment,
			null,
			{{panel:id}},
			el( 'div', blockProps, view( attributes, {{text:id}}, {{rich:id}} ){{inner:id}} )
		);
	}

	blocks.registerBlockType( '{{name:id}}', {
		edit: Edit,
		save: {{save:id}},
	} );
} )( window.wp.blocks, window.wp.element, window.wp.blockEditor, window.wp.components, window.wp.i18n );
