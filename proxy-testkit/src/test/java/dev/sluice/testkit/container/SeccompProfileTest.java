// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeccompProfileTest {
    @Test
    void deniesWhatOnlyAnAdministratorMayDo() {
        Document profile = Document.of(SeccompProfile.of(Set.of("CAP_NET_ADMIN")));
        assertThat(profile.text("defaultAction", "")).isEqualTo("SCMP_ACT_ERRNO");
        assertThat(allowed(profile))
                .contains("execve", "futex", "mmap", "epoll_wait", "splice")
                .doesNotContain("mount", "setns", "unshare", "bpf", "io_uring_setup", "keyctl", "clone", "clone3");
        assertThat(rule(profile, "clone").has("args"))
                .as("new namespaces are denied")
                .isTrue();
        assertThat(rule(profile, "clone3").text("errnoRet", "")).isEqualTo("38");
    }

    @Test
    void capabilitiesAllowTheirCalls() {
        Document profile = Document.of(SeccompProfile.of(Set.of("CAP_SYS_ADMIN", "CAP_SYS_CHROOT")));
        assertThat(allowed(profile)).contains("mount", "clone", "clone3", "chroot");
    }

    private static List<String> allowed(Document profile) {
        return profile.maps("syscalls").getFirst().texts("names");
    }

    private static Document rule(Document profile, String name) {
        return profile.maps("syscalls").stream()
                .filter(rule -> rule.texts("names").equals(List.of(name)))
                .findFirst()
                .orElseThrow();
    }
}
