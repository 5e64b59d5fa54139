// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/** Lets crash tests of other packages see the steps of a save. */
public final class ObservedStorage {
    private ObservedStorage() {}

    /** The steps between which a crash leaves different states, in order. */
    public static List<String> steps() {
        return Arrays.stream(CommitStep.values()).map(Enum::name).toList();
    }

    /** An archive that tells of every step that a WAL (or, for a directory, its name) has reached. */
    public static LocalWalStorage build(LocalWalStorage.Builder builder, BiConsumer<String, String> observer) {
        return builder.observer((step, name) -> observer.accept(step.name(), name))
                .build();
    }
}
