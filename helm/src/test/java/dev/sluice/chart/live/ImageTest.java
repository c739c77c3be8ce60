// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What {@code make image} has made for this machine's kind of processor, where it was run. */
class ImageTest {
    private static final Path IMAGE = Launcher.repository().resolve("target/image");
    private static final Path BLOBS = IMAGE.resolve("oci/blobs/sha256");
    private static final Path ROOT = IMAGE.resolve("amd64/rootfs");
    private static final Duration DEADLINE = Duration.ofMinutes(2);
    private static final String SHA256 = "sha256:";

    private final CommandRunner commands = new SystemCommands();

    @BeforeAll
    static void isBuilt() {
        assumeTrue(Files.exists(IMAGE.resolve("oci/index.json")) && Files.exists(ROOT), "run 'make image' first");
    }

    @Test
    void everyBlobHasItsDigestAsItsName() throws Exception {
        try (var files = Files.list(BLOBS)) {
            for (Path blob : files.toList()) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(blob));
                assertThat(blob.getFileName()).hasToString(HexFormat.of().formatHex(digest));
            }
        }
    }

    @Test
    void theIndexLeadsToEveryLayer() throws Exception {
        for (Map<String, Object> image : list(json(IMAGE.resolve("oci/index.json")), "manifests")) {
            Map<String, Object> manifest = json(blob(image));
            List<Map<String, Object>> layers = list(manifest, "layers");
            Map<String, Object> config = json(blob(map(manifest, "config")));
            assertThat(list(map(config, "rootfs"), "diff_ids")).hasSameSizeAs(layers);
            for (Map<String, Object> layer : layers) {
                assertThat(Files.size(blob(layer))).isEqualTo(((Number) value(layer, "size")).longValue());
            }
        }
    }

    @Test
    void theEntryPointNeedsNoShellAndTheLabelsSayWhatItIs() throws Exception {
        Map<String, Object> config = map(json(IMAGE.resolve("amd64/config.json")), "config");
        assertThat(text(config, "Entrypoint")).startsWith("[/opt/sluice/runtime/bin/java, @");
        assertThat(map(config, "Labels"))
                .containsKeys(
                        "org.opencontainers.image.title",
                        "org.opencontainers.image.version",
                        "org.opencontainers.image.revision",
                        "org.opencontainers.image.licenses");
    }

    @Test
    void everyFileBelongsToRootAndNoneGivesRights() throws Exception {
        for (Map<String, Object> image : list(json(IMAGE.resolve("oci/index.json")), "manifests")) {
            for (Map<String, Object> layer : list(json(blob(image)), "layers")) {
                List<String> lines =
                        run("tar", "--numeric-owner", "-tvzf", blob(layer).toString());
                assertThat(lines).isNotEmpty().allSatisfy(line -> {
                    assertThat(line.split(" +")[1]).as(line).isEqualTo("0/0");
                    assertThat(line.substring(0, 10)).as(line).doesNotContain("s");
                });
            }
        }
    }

    @Test
    void itHasNeitherAShellNorAPackageManager() throws Exception {
        try (var files = Files.walk(ROOT)) {
            Set<String> names = files.filter(file -> !Files.isDirectory(file))
                    .map(file -> file.getFileName().toString())
                    .collect(Collectors.toSet());
            assertThat(names)
                    .contains("java", "iptables-nft-restore", "ip6tables-legacy-save", "modprobe", "os-release")
                    .doesNotContain("sh", "bash", "dash", "busybox", "dpkg", "apt", "apt-get", "perl");
        }
    }

    @Test
    void theListOfContentsNamesEveryJarAndPackage() throws Exception {
        Map<String, Object> bom = json(ROOT.resolve("opt/sluice/bom.json"));
        Set<String> listed = new TreeSet<>();
        for (Map<String, Object> component : list(bom, "components")) {
            listed.add(component.get("name") + "-" + component.get("version"));
            listed.add(text(component, "bom-ref"));
        }
        List<String> present = new ArrayList<>();
        try (var jars = Files.list(ROOT.resolve("opt/sluice/lib"));
                var packages = Files.list(ROOT.resolve("var/lib/dpkg/status.d"))) {
            jars.map(jar -> jar.getFileName().toString().replaceFirst("(-linux-\\w+)?\\.jar$", ""))
                    .forEach(present::add);
            packages.map(file -> "deb:" + file.getFileName()).forEach(present::add);
        }
        present.add("openjdk");
        assertThat(present).hasSizeGreaterThan(60);
        assertThat(listed).containsAll(present);
    }

    @Test
    void packingALayerAgainGivesTheSameDigest() throws Exception {
        Map<String, Object> config = json(IMAGE.resolve("amd64/config.json"));
        List<?> digests = (List<?>) value(map(config, "rootfs"), "diff_ids");
        String script = "source '" + Launcher.repository().resolve("dev/image/common") + "'; copy=$(mktemp -d); "
                + "cp -r \"$target/amd64/layers/daemon\" \"$copy/\"; stable_tar \"$copy/daemon\" | sha256sum;"
                + " rm -r \"$copy\"";
        assertThat(SHA256 + run("bash", "-c", script).getFirst().split(" ")[0]).isEqualTo(digests.get(3));
    }

    @Test
    void theDaemonAndItsToolsRunInIt() throws Exception {
        assertThat(inRoot("/usr/sbin/iptables --version")).first().asString().contains("nf_tables");
        assertThat(inRoot("/usr/sbin/iptables-legacy --version"))
                .first()
                .asString()
                .contains("legacy");
        assertThat(inRoot("/opt/sluice/runtime/bin/java @/opt/sluice/jvm.options -jar /opt/sluice/sluice-daemon.jar"
                        + " --version=raw"))
                .contains("kube-proxy: v1.36");
    }

    private List<String> inRoot(String command) throws Exception {
        return run(
                "unshare",
                "-m",
                "sh",
                "-c",
                "mount -t proc proc '" + ROOT + "/proc' && exec chroot '" + ROOT + "' " + command);
    }

    private List<String> run(String program, String... arguments) throws Exception {
        CommandRunner.Result result =
                commands.run(Command.of(DEADLINE, program, arguments).printingUpTo(64 << 20));
        assertThat(result.succeeded()).as(result.errors()).isTrue();
        return result.output().lines().toList();
    }

    private static Path blob(Map<String, Object> descriptor) {
        return BLOBS.resolve(text(descriptor, "digest").substring(SHA256.length()));
    }

    private static String text(Map<String, Object> parent, String name) {
        return value(parent, name).toString();
    }

    private static Object value(Map<String, Object> parent, String name) {
        return Objects.requireNonNull(parent.get(name), name);
    }

    /** JSON is YAML. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> json(Path file) throws IOException {
        LoadSettings settings =
                LoadSettings.builder().setCodePointLimit(64 << 20).build();
        return (Map<String, Object>) new Load(settings).loadFromString(Files.readString(file));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Map<String, Object> parent, String name) {
        return (Map<String, Object>) value(parent, name);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> parent, String name) {
        return (List<Map<String, Object>>) value(parent, name);
    }
}
