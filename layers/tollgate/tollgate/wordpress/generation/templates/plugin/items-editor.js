( function ( blocks, element, blockEditor, components, i18n, ServerSideRender ) {
	'use strict';

	const el = element.createElement;
	const __ = i18n.__;

	/**
	 * The block in the editor: the list as the server prints it, and how long it is.
	 *
	 * @param {Object} props The block's properties.
	 * @return {Object} The element.
	 */
	function Edit( props ) {
		return el(
			element.Fragment,
			null,
			el(
				blockEditor.InspectorControls,
				null,
				el(
					components.PanelBody,
					{ title: __( 'Settings', '{{slug:id}}' ) },
					el( components.RangeControl, {
						label: __( 'Number of items', '{{slug:id}}' ),
						value: props.attributes.number,
						min: 1,
						max: 20,
						onChange: ( value ) => props.setAttributes( { number: value } ),
					} )
				)
			),
			el(
				'div',
				blockEditor.useBlockProps(),
				el( ServerSideRender, { block: '{{namespace:id}}/items', attributes: props.attributes } )
			)
		);
	}

	blocks.registerBlockType( '{{namespace:id}}/items', {
		edit: Edit,
		save: () => null,
	} );
} )(
	window.wp.blocks,
	window.wp.element,
	window.wp.blockEditor,
	window.wp.components,
	window.wp.i18n,
	window.wp.serverSideRender
);
