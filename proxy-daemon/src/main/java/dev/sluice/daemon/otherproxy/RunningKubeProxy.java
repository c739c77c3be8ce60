// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recognition of a kube-proxy that runs in this network namespace: by its process, where that is visible, or by its
 * pages, which also tell of one inside another program (k3s) or in another container. Its chains prove nothing: they
 * stay when it ends, and it writes its canaries at its start only.
 */
public final class RunningKubeProxy {
    private static final Logger LOG = LoggerFactory.getLogger(RunningKubeProxy.class);
    private static final Path PROC = Path.of("/proc");

    private final KubeProxyPages pages;

    /** @param pages where its pages may be */
    public RunningKubeProxy(KubeProxyPages pages) {
        this.pages = pages;
    }

    /** What shows that one runs, for a message; empty when nothing does. */
    Optional<String> find() {
        return process().or(pages::find).map(what -> "a running kube-proxy (" + what + ")");
    }

    /** How far it is; empty where its metrics server does not answer. */
    Optional<KubeProxySync> sync() {
        return pages.sync();
    }

    private static Optional<String> process() {
        Optional<String> own = namespace(PROC.resolve("thread-self"));
        if (own.isEmpty()) {
            return Optional.empty();
        }
        Set<String> ancestors = ancestors();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                String pid = process.getFileName().toString();
                if (isKubeProxy(process)
                        && !ancestors.contains(pid)
                        && namespace(process).equals(own)) {
                    return Optional.of("process " + pid);
                }
            }
        } catch (IOException e) {
            LOG.debug("{}", PROC, e);
        }
        return Optional.empty();
    }

    /** Empty where the process has ended, or may not be looked at. */
    private static Optional<String> namespace(Path process) {
        try {
            return Optional.of(Files.readSymbolicLink(process.resolve("ns/net")).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** This process and its parents: a script by the name of kube-proxy may have started this one. */
    private static Set<String> ancestors() {
        Set<String> found = new HashSet<>(Set.of("0"));
        String pid = "self";
        while (found.add(pid)) {
            pid = read(PROC.resolve(pid).resolve("status"))
                    .lines()
                    .filter(line -> line.startsWith("PPid:"))
                    .map(line -> line.substring("PPid:".length()).strip())
                    .findFirst()
                    .orElse("0");
        }
        return found;
    }

    private static boolean isKubeProxy(Path process) {
        List<String> words = List.of(read(process.resolve("cmdline")).split("\0", -1));
        List<String> names = List.of(
                read(process.resolve("comm")).strip(),
                words.getFirst().substring(words.getFirst().lastIndexOf('/') + 1));
        return names.contains("kube-proxy")
                || names.contains("hyperkube") && (words.contains("kube-proxy") || words.contains("proxy"));
    }

    private static String read(Path file) {
        try {
            return KernelFiles.read(file);
        } catch (IOException e) {
            return "";
        }
    }
}
