	/**
	 * A choice among values, which may be of any type.
	 *
	 * @param {Object} props The choice's properties, with its `choices`.
	 * @return {Object} The element.
	 */
	function ChoiceControl( props ) {
		return el( components.SelectControl, {
			label: props.label,
			help: props.help,
			value: String( props.choices.indexOf( props.value ) ),
			options: props.choices.map( ( choice, index ) => ( { label: String( choice ), value: String( index ) } ) ),
			onChange: ( index ) => props.onChange( props.choices[ Number( index ) ] ),
			__next40pxDefaultSize: true,
			__nextHasNoMarginBottom: true,
		} );
	}
