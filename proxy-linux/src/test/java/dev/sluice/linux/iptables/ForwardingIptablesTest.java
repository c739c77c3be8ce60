// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

class ForwardingIptablesTest {

    @Test
    void forwardsEveryMethod() throws NoSuchMethodException {
        for (Method method : Iptables.class.getMethods()) {
            Method forwarding = ForwardingIptables.class.getMethod(method.getName(), method.getParameterTypes());
            assertThat(forwarding.getDeclaringClass()).as(method.getName()).isEqualTo(ForwardingIptables.class);
        }
    }
}
