// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.config.OptionValue.Flag;
import dev.barman.core.config.OptionValue.Interval;
import dev.barman.core.config.OptionValue.Unset;
import dev.barman.core.config.OptionValue.Whole;
import dev.barman.core.config.OptionValue.Words;
import java.time.Duration;
import java.util.EnumMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One value for every option of a server or model. Not thread-safe while it is being filled. */
final class OptionValues {
    private final EnumMap<ServerOption, OptionValue> values = new EnumMap<>(ServerOption.class);

    OptionValue get(ServerOption option) {
        return values.getOrDefault(option, OptionValue.UNSET);
    }

    void set(ServerOption option, OptionValue value) {
        values.put(option, value);
    }

    boolean isUnset(ServerOption option) {
        return get(option) instanceof Unset;
    }

    /** Returns the text of an option that is set, in its console form, else null. */
    @Nullable
    String text(ServerOption option) {
        OptionValue value = get(option);
        return value instanceof Unset ? null : value.text();
    }

    boolean flag(ServerOption option) {
        return get(option) instanceof Flag flag && flag.value();
    }

    @Nullable
    Long whole(ServerOption option) {
        return get(option) instanceof Whole whole ? Long.valueOf(whole.value()) : null;
    }

    /** Returns an integer cut to the range of {@code int}, or null. */
    @Nullable
    Integer number(ServerOption option) {
        Long whole = whole(option);
        return whole == null
                ? null
                : Integer.valueOf((int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, whole)));
    }

    int number(ServerOption option, int unset) {
        Integer number = number(option);
        return number == null ? unset : number;
    }

    SortedSet<String> words(ServerOption option) {
        return get(option) instanceof Words words ? words.values() : new TreeSet<>();
    }

    @Nullable
    Duration interval(ServerOption option) {
        return get(option) instanceof Interval interval ? interval.value() : null;
    }
}
