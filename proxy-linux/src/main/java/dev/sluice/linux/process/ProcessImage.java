// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The program that this process runs. */
public final class ProcessImage {
    private static final Path SELF = Path.of("/proc/self");
    /** Keeps every byte: arguments need not be valid UTF-8. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private ProcessImage() {}

    /** The arguments of this process, the program's name first; each character is one byte. */
    public static List<String> arguments() throws IOException {
        String text = new String(KernelFiles.bytes(SELF.resolve("cmdline")), BYTES);
        return List.of(text.split("\0", -1))
                .subList(0, (int) text.chars().filter(c -> c == 0).count());
    }

    /**
     * Starts this process's program again in its place, with the same id, environment and standard streams; every other
     * descriptor is closed. No shutdown hook runs. Returns only by an exception.
     *
     * @param arguments as of {@link #arguments}
     */
    public static void restart(List<String> arguments) throws IOException, NetlinkException {
        String program = Files.readSymbolicLink(SELF.resolve("exe")).toString();
        Libc libc = Libc.system();
        // a refusal leaves descriptors open, which costs little
        libc.close_range(3, -1, Linux.CLOSE_RANGE_CLOEXEC);
        List<byte[]> vector =
                arguments.stream().map(argument -> argument.getBytes(BYTES)).toList();
        throw new NetlinkException("start " + program + " again", -libc.execv(program, vector), "");
    }
}
