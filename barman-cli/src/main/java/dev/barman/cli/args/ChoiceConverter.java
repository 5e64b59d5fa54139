// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;
import com.beust.jcommander.ParameterException;
import java.util.List;

/** Accepts one of a fixed list of words; to be extended by a class with a constructor without arguments. */
public abstract class ChoiceConverter implements IStringConverter<String> {
    private final List<String> allowed;

    protected ChoiceConverter(String... allowed) {
        this.allowed = List.of(allowed);
    }

    @Override
    public final String convert(String value) {
        if (!allowed.contains(value)) {
            throw new ParameterException(complaint(value, allowed));
        }
        return value;
    }

    static String complaint(String value, List<String> allowed) {
        StringBuilder text =
                new StringBuilder("invalid choice: '").append(value).append("' (choose from ");
        for (int i = 0; i < allowed.size(); i++) {
            text.append(i == 0 ? "'" : ", '").append(allowed.get(i)).append('\'');
        }
        return text.append(')').toString();
    }
}
