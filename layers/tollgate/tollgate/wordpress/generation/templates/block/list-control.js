	/**
	 * A field for a list.
	 *
	 * @param {Object} props The field's properties.
	 * @return {Object} The element.
	 */
	function ListControl( props ) {
		return el( components.TextareaControl, {
			label: props.label,
			help: props.help || __( 'One entry on each line.', '{{domain:id}}' ),
			value: props.value.join( '\n' ),
			onChange: ( text ) => props.onChange( text === '' ? [] : text.split( '\n' ) ),
			__nextHasNoMarginBottom: true,
		} );
	}
