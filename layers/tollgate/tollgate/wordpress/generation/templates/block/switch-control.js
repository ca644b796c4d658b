	/**
	 * A switch.
	 *
	 * @param {Object} props The switch's properties.
	 * @return {Object} The element.
	 */
	function SwitchControl( props ) {
		return el( components.ToggleControl, {
			label: props.label,
			help: props.help,
			checked: Boolean( props.value ),
			onChange: props.onChange,
			__nextHasNoMarginBottom: true,
		} );
	}
