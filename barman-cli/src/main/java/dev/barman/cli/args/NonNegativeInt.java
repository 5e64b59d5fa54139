// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;
import com.beust.jcommander.ParameterException;

/** An integer of zero or more. */
public final class NonNegativeInt implements IStringConverter<Integer> {
    @Override
    public Integer convert(String value) {
        try {
            int number = Integer.parseInt(value.trim());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message for both cases.
        }
        throw new ParameterException("'" + value + "' is not a valid non negative integer");
    }
}
