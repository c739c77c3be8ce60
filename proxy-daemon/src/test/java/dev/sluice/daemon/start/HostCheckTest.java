// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.sysctl.Sysctl;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HostCheckTest {
    private final ProxyModule module = mock(ProxyModule.class);
    private final Sysctl sysctl = mock(Sysctl.class);

    @BeforeEach
    void ipv6IsOn() throws Exception {
        when(sysctl.read(anyString())).thenReturn(Optional.of("0"));
        when(module.problem(any())).thenReturn(Optional.empty());
    }

    private HostCheck begin() {
        return HostCheck.begin(module, new FamilySupport(sysctl, module::problem));
    }

    /** The test lets the check go on only after it has begun it. */
    @Test
    void runsBesideItsCaller() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        doAnswer(_ -> {
                    assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
                    return null;
                })
                .when(module)
                .requireHost();
        when(module.problem(IpFamily.IPV4)).thenReturn(Optional.of("iptables is missing"));
        HostCheck check = begin();
        begun.countDown();
        assertThat(check.await()).containsEntry(IpFamily.IPV4, "iptables is missing");
    }

    @Test
    void whatTheHostLacksIsThrownWhereItIsAwaited() throws Exception {
        doThrow(new HostException("iptables is not installed")).when(module).requireHost();
        assertThatThrownBy(begin()::await).isInstanceOf(HostException.class).hasMessage("iptables is not installed");
        verify(module, never()).problem(any());
    }

    @Test
    void aDefectIsThrownAsItIs() throws Exception {
        doThrow(new IllegalStateException("a defect")).when(module).requireHost();
        assertThatThrownBy(begin()::await)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a defect");
    }
}
