// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ResourceLimitsTest {

    private static long[] procLimits() throws IOException {
        String line = KernelFiles.lines(Path.of("/proc/self/limits")).stream()
                .filter(text -> text.startsWith("Max open files"))
                .findFirst()
                .orElseThrow();
        String[] words = line.split(" {2,}");
        return new long[] {Long.parseLong(words[1].strip()), Long.parseLong(words[2].strip())};
    }

    @Test
    void limitIsTheOneThatProcShows() throws NetlinkException, IOException {
        assertThat(ResourceLimits.openFiles()).isEqualTo(procLimits()[0]);
    }

    @Test
    void raisedToTheHardLimitAndNeverLowered() throws NetlinkException, IOException {
        long hard = procLimits()[1];
        assertThat(ResourceLimits.raiseOpenFiles(hard)).isEqualTo(hard);
        assertThat(procLimits()).containsExactly(hard, hard);
        assertThat(ResourceLimits.raiseOpenFiles(16)).isEqualTo(hard);
        assertThat(ResourceLimits.openFiles()).isEqualTo(hard);
    }

    @Test
    void moreThanTheKernelAllowsIsTheHardLimit() throws NetlinkException, IOException {
        long hard = procLimits()[1];
        assertThat(ResourceLimits.raiseOpenFiles(Long.MAX_VALUE)).isEqualTo(hard);
    }
}
