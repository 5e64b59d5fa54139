// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.WalRemovalPlan.Cause;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * The invariant: no WAL that a backup that stays needs, on any timeline it may follow, is ever removed; whatever the order of ids and begins, the
 * statuses, the timelines and the keep requests.
 */
class WalRemovalPlanProperties {
    private static final int TIMELINES = 3;
    private static final int SEGMENTS = 12;

    /** One backup of a generated catalogue. */
    record Spec(
            int id,
            int timeline,
            int begin,
            int length,
            BackupStatus status,
            @Nullable KeepTarget keep,
            boolean known) {

        BackupInfo toBackup() {
            BackupInfo.Builder builder = WalIndexes.backup(
                            id, timeline + ":" + begin, timeline + ":" + (begin + length))
                    .status(status);
            return known ? builder.build() : builder.beginWal(null).endWal(null).build();
        }

        boolean stays() {
            return status.isArchiving() || keep != null;
        }

        boolean needs(int walTimeline, int segment) {
            if (!known) {
                return true;
            }
            if (keep == KeepTarget.STANDALONE) {
                return walTimeline == timeline && segment >= begin && segment <= begin + length;
            }
            return walTimeline >= timeline && segment >= begin;
        }
    }

    @Provide
    static Arbitrary<List<Spec>> catalogues() {
        Arbitrary<Spec> spec = Combinators.combine(
                        Arbitraries.integers().between(1, 99),
                        Arbitraries.integers().between(1, TIMELINES),
                        Arbitraries.integers().between(0, SEGMENTS),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.frequencyOf(
                                Tuple.of(4, Arbitraries.just(BackupStatus.DONE)),
                                Tuple.of(2, Arbitraries.of(BackupStatus.class))),
                        Arbitraries.of(KeepTarget.class).injectNull(0.7),
                        Arbitraries.integers().between(0, 9).map(number -> number > 0))
                .as(Spec::new);
        return spec.list().ofMaxSize(6).uniqueElements(Spec::id);
    }

    @Property(tries = 1000)
    void nothingThatABackupNeedsIsRemoved(
            @ForAll("catalogues") List<Spec> catalogue,
            @ForAll @IntRange(min = 0, max = 5) int index,
            @ForAll Cause cause,
            @ForAll boolean exclusive) {
        if (catalogue.isEmpty()) {
            return;
        }
        Spec deleted = catalogue.get(index % catalogue.size());
        List<Spec> staying = new ArrayList<>(catalogue);
        staying.remove(deleted);

        Optional<WalRemovalPlan> plan =
                WalRemovalPlan.forDeletion(backups(catalogue), deleted.toBackup(), keeps(catalogue), cause, exclusive);

        plan.ifPresent(removal -> verify(removal, staying));
    }

    @Property(tries = 500)
    void firstBackupRemovesNothingThatABackupNeeds(
            @ForAll("catalogues") List<Spec> catalogue, @ForAll @IntRange(min = 0, max = 5) int index) {
        if (catalogue.isEmpty()) {
            return;
        }
        Spec created = catalogue.get(index % catalogue.size());

        Optional<WalRemovalPlan> plan =
                WalRemovalPlan.forFirstBackup(backups(catalogue), created.toBackup(), keeps(catalogue));

        plan.ifPresent(removal -> verify(removal, catalogue));
    }

    @Property(tries = 200)
    void deletingTheOldestOfAnOrderlyCatalogueRemovesEverythingBeforeTheNext(
            @ForAll @IntRange(min = 1, max = SEGMENTS) int next, @ForAll @IntRange(min = 0, max = 3) int later) {
        List<Spec> catalogue = new ArrayList<>();
        catalogue.add(new Spec(1, 1, 0, 0, BackupStatus.DONE, null, true));
        for (int i = 0; i <= later; i++) {
            catalogue.add(new Spec(2 + i, 1, next + i, 0, BackupStatus.DONE, null, true));
        }

        WalRemovalPlan plan = WalRemovalPlan.forDeletion(
                        backups(catalogue), catalogue.get(0).toBackup(), Map.of(), Cause.COMMAND, false)
                .orElseThrow();

        for (int segment = 0; segment <= SEGMENTS; segment++) {
            assertThat(plan.removes(WalIndexes.name("1:" + segment))).isEqualTo(segment < next);
        }
    }

    private static void verify(WalRemovalPlan plan, List<Spec> staying) {
        for (int timeline = 1; timeline <= TIMELINES + 1; timeline++) {
            assertThat(plan.removes(WalIndexes.name(timeline + ".history"))).isFalse();
            for (int segment = 0; segment <= SEGMENTS + 3; segment++) {
                String name = timeline + ":" + segment;
                for (Spec backup : staying) {
                    if (backup.stays() && backup.needs(timeline, segment)) {
                        assertThat(plan.removes(WalIndexes.name(name)))
                                .as("%s needs %s", backup, name)
                                .isFalse();
                        assertThat(plan.removes(WalIndexes.name(name + ".label")))
                                .isFalse();
                        assertThat(plan.removes(WalIndexes.name(name + ".partial")))
                                .isFalse();
                    }
                }
            }
        }
    }

    private static Backups backups(List<Spec> catalogue) {
        return new Backups(catalogue.stream().map(Spec::toBackup).toList());
    }

    private static Map<BackupId, KeepTarget> keeps(List<Spec> catalogue) {
        Map<BackupId, KeepTarget> keeps = new HashMap<>();
        for (Spec spec : catalogue) {
            if (spec.keep() != null) {
                keeps.put(WalIndexes.id(spec.id()), spec.keep());
            }
        }
        return keeps;
    }
}
