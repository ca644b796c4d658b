	/**
	 * A field for names with values.
	 *
	 * @param {Object} props The field's properties.
	 * @return {Object} The element.
	 */
	const TableControl = element.memo( function ( props ) {
		const [ lines, setLines ] = element.useState( () =>
			Object.entries( props.value )
				.map( ( [ name, value ] ) => name + ': ' + value )
				.join( '\n' )
		);

		return el( components.TextareaControl, {
			label: props.label,
			help: props.help || __( 'One name and its value on each line, as in "Colour: red".', '{{domain:id}}' ),
			value: lines,
			onChange: ( text ) => {
				const pairs = text
					.split( '\n' )
					.filter( ( line ) => line.includes( ':' ) )
					.map( ( line ) => [
						line.slice( 0, line.indexOf( ':' ) ).trim(),
						line.slice( line.indexOf( ':' ) + 1 ).trim(),
					] );
				setLines( text );
				props.onChange( Object.fromEntries( pairs ) );
			},
			__nextHasNoMarginBottom: true,
		} );
	} );
