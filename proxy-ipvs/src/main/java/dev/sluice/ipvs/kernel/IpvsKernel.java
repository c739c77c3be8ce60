// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.route.Links;

/** The kernel as one family's backend uses it: its handles, and the readers and writers on top of them. */
public record IpvsKernel(
        KernelHandles handles, DummyDevice dummy, SchedulerProbe probe, StateReader reader, RuleWriter rules) {

    public static IpvsKernel of(IpvsConfig config, IpvsRules rules, KernelHandles handles) {
        DummyDevice dummy = new DummyDevice(handles.links(), handles.family());
        return new IpvsKernel(
                handles,
                dummy,
                new SchedulerProbe(handles.ipvs()),
                new StateReader(handles, dummy, config.options().excludeCidrs()),
                new RuleWriter(handles.iptables(), rules));
    }

    public IpFamily family() {
        return handles.family();
    }

    public Ipvs ipvs() {
        return handles.ipvs();
    }

    public IpSets sets() {
        return handles.sets();
    }

    public Links links() {
        return handles.links();
    }
}
