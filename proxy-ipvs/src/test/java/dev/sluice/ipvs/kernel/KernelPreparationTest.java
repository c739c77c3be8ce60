// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.ipvs.TestNode;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.IpvsTimeouts;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelPreparationTest {
    @Test
    void aKernelWithoutIpvsIsNamedWithWhatToDo() {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.ipvs.breakWith(new NetlinkException("resolve generic netlink family IPVS", Errno.ENOENT, ""));

        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(() -> node.prepare())
                .withMessageContaining("modprobe ip_vs")
                .withMessageContaining("another --proxy-mode");
    }

    @Test
    void aMissingCapabilityIsNotTakenForAMissingModule() {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.ipvs.breakWith(new NetlinkException("IPVS GET_INFO", Errno.EPERM, ""));

        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(() -> node.prepare())
                .withMessageContaining("CAP_NET_ADMIN");
    }

    @Test
    void anUnknownSchedulerIsNamedWithItsModule() {
        TestNode node = TestNode.withScheduler("fastest");

        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(node::fullSync)
                .withMessageContaining("--ipvs-scheduler=fastest")
                .withMessageContaining("modprobe ip_vs_fastest");
        assertThat(node.ipvsadm()).isEmpty();
        assertThat(node.links.link("kube-ipvs0")).isEmpty();
    }

    /** The kernel's names have 15 characters at most. */
    @Test
    void aNameOf16CharactersIsRefusedWithItsOption() {
        TestNode node = TestNode.withScheduler("a-name-of-16-chr");

        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(node::fullSync)
                .withMessageContaining("--ipvs-scheduler=a-name-of-16-chr");
        assertThat(node.ipvsadm()).isEmpty();
    }

    @Test
    void theProbeLeavesNothingBehind() throws Exception {
        TestNode node = TestNode.withScheduler("sed");
        node.prepare();
        assertThat(node.ipvs.messages()).isEqualTo(2);
        assertThat(node.ipvsadm()).isEmpty();
    }

    /** Trap 14: 0 from 4.1 to before 5.9, left alone elsewhere. */
    @ParameterizedTest
    @CsvSource({
        "4.0.9, 1",
        "4.1.0, 0",
        "4.19.0-25-amd64, 0",
        "5.8.18, 0",
        "5.9.0, 1",
        "6.12.48+deb13-amd64, 1",
    })
    void connectionReuseDependsOnTheKernel(String release, String value) throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.sysctl.with("kernel.osrelease", release);
        node.prepare();
        assertThat(node.sysctl.read("net.ipv4.vs.conn_reuse_mode")).contains(value);
    }

    /** Traps 11, 15 and 17: templates of deleted servers expire, and ARP is left as it is by default. */
    @Test
    void parametersOfIpv4() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.prepare();
        assertThat(node.sysctl.written())
                .containsOnlyKeys(
                        "net.ipv4.vs.conntrack",
                        "net.ipv4.vs.expire_nodest_conn",
                        "net.ipv4.vs.expire_quiescent_template",
                        "net.ipv4.ip_forward");
    }

    /** Traps 15 and 17. */
    @Test
    void strictArpAndTimeouts() throws Exception {
        IpvsOptions options = new IpvsOptions(
                "rr",
                List.of(),
                true,
                Duration.ofSeconds(100),
                Duration.ZERO,
                Duration.ofMinutes(2),
                IpvsOptions.DEFAULT.masquerade());
        TestNode node = new TestNode(TestNode.withOptions(IpvsConfig.defaults(IpFamily.IPV6), options));

        node.prepare();

        assertThat(node.sysctl.written())
                .containsEntry("net.ipv4.conf.all.arp_ignore", "1")
                .containsEntry("net.ipv4.conf.all.arp_announce", "2")
                .doesNotContainKey("net.ipv4.ip_forward");
        assertThat(node.ipvs.timeouts()).isEqualTo(new IpvsTimeouts(100, 120, 120));
    }

    @Test
    void aParameterThatCannotBeSetIsNamed() {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.sysctl.readOnly("net.ipv4.vs.conntrack");

        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(() -> node.prepare())
                .withMessageContaining("net.ipv4.vs.conntrack");
    }
}
