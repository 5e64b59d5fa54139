// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ArchivePlanTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    private static ArchivePlan plan(int jobs, long maxArchiveBytes, long clusterBytes, long memoryBytes) {
        UploadOptions options = new UploadOptions(null, jobs, maxArchiveBytes, 20 << 20, 10_000, 0, Map.of());
        return ArchivePlan.of(options, clusterBytes, memoryBytes);
    }

    @Test
    void aSmallOrUnknownClusterIsOneObject() {
        assertThat(plan(8, 0, 0, GIB)).isEqualTo(new ArchivePlan(1, GIB));
        assertThat(plan(8, 0, 255 * MIB, GIB)).isEqualTo(new ArchivePlan(1, GIB));
    }

    @Test
    void aLargerOneHasAsManyWritersAsJobsAndAreWorthIt() {
        assertThat(plan(8, 0, 256 * MIB, GIB)).isEqualTo(new ArchivePlan(2, GIB));
        assertThat(plan(8, 0, 100 * GIB, GIB)).isEqualTo(new ArchivePlan(8, GIB));
        assertThat(plan(1, 0, 100 * GIB, GIB)).isEqualTo(new ArchivePlan(1, GIB));
    }

    @Test
    void memoryIsTheLimit() {
        assertThat(plan(8, 0, 100 * GIB, 200 * MIB)).isEqualTo(new ArchivePlan(2, GIB));
        assertThat(plan(8, 0, 100 * GIB, 100 * MIB)).isEqualTo(new ArchivePlan(1, GIB));
    }

    @Test
    void ofSeveralObjectsAtATimeTheFirstIsSmall() {
        ArchivePlan plan = new ArchivePlan(2, GIB).withFirst(20 * MIB);
        assertThat(plan.isFull(0, 10 * MIB, 10 * MIB)).isFalse();
        assertThat(plan.isFull(0, 10 * MIB, 11 * MIB)).isTrue();
        assertThat(plan.isFull(1, GIB, GIB)).isFalse();
        assertThat(plan.isFull(1, GIB + 1, 0)).isTrue();
        assertThat(new ArchivePlan(1, GIB).withFirst(20 * MIB).isFull(0, GIB, GIB))
                .isFalse();
        assertThat(new ArchivePlan(2, MIB).withFirst(20 * MIB).isFull(0, 2 * MIB, 0))
                .isTrue();
    }

    @Test
    void objectsGrowWithTheClusterUpToTheOriginalsMaximum() {
        assertThat(plan(2, 0, 1024 * GIB, GIB).archiveBytes()).isEqualTo(8 * GIB);
        assertThat(plan(2, 0, 100_000 * GIB, GIB).archiveBytes()).isEqualTo(100 * GIB);
        assertThat(plan(2, 3 * GIB, 1024 * GIB, GIB).archiveBytes()).isEqualTo(3 * GIB);
        assertThat(plan(2, 1, 1024 * GIB, GIB).archiveBytes()).isEqualTo(1);
    }
}
