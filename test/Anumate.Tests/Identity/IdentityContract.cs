namespace Anumate.Tests.Identity;

/// <summary>What <see cref="IIdentity"/> promises, tried on the service and over HTTP.</summary>
public abstract class IdentityContract(Form form)
{
    /// <summary>The contract and the caller to use as a person.</summary>
    static async Task<(IIdentity Identity, Caller Caller)> AsAsync(PlatformTenant t, string name) => (t.Get<IIdentity>(), await t.CallerAsync(name));

    /// <summary>The contract and the caller to use with an API key.</summary>
    protected abstract Task<(IIdentity Identity, Caller Caller)> WithKeyAsync(PlatformTenant t, string key);

    static async Task<Problem> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<ProblemException>(call)).Problem;

    [Fact]
    public async Task A_person_is_whom_the_token_says()
    {
        var t = await form.MakeTenantAsync();
        var (identity, olga) = await AsAsync(t, "olga");
        var me = await identity.GetMeAsync(olga, default);
        Assert.Equal((t.Id, t.Name, "olga", PrincipalKind.User, CredentialKind.SignIn), (me.Tenant, me.TenantName, me.Name, me.Kind, me.Credential));
        Assert.Equal([Role.Operator], me.Roles);
        Assert.Equal(Role.Scopes[Role.Operator].Order(StringComparer.Ordinal), me.Scopes);
    }

    [Fact]
    public async Task Creates_a_person_who_can_sign_in()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var created = await identity.CreatePrincipalAsync(alma, new NewPrincipal("zoe", PrincipalKind.User, [Role.Viewer, Role.Author, Role.Viewer], ["b", "a"]), default);
        Assert.Equal([Role.Author, Role.Viewer], created.Principal.Roles);
        Assert.Equal(["a", "b"], created.Principal.Groups);
        Assert.True(created.Principal.Active);
        Assert.Matches("^ans_[0-9a-f]{64}$", created.Secret);

        var token = await identity.SignInAsync(new SignIn(t.Name, "zoe", created.Secret!), default);
        var zoe = await t.Get<IIdentity>().AuthenticateAsync(token.Token, "c-1", default);
        Assert.Equal((created.Principal.Id, "zoe", "c-1"), (zoe!.Principal, zoe.Name, zoe.Correlation));
        Assert.Equal(["a", "b"], zoe.Groups);

        var read = await identity.GetPrincipalAsync(alma, created.Principal.Id, default);
        Assert.Equal((1, "zoe"), (read.Version, read.Value.Name));
    }

    [Fact]
    public async Task Services_and_agents_have_no_sign_in_secret()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        Assert.Null((await identity.CreatePrincipalAsync(alma, new NewPrincipal("ci", PrincipalKind.Service, [Role.Operator], []), default)).Secret);
        Assert.Equal("unauthenticated", (await RefusedAsync(() => identity.SignInAsync(new SignIn(t.Name, "ci", ""), default))).Code);
        var ci = (await identity.ListPrincipalsAsync(alma, null, new PageRequest(), default)).Items.Single(p => p.Name == "ci");
        Assert.Equal("conflict", (await RefusedAsync(() => identity.ResetSecretAsync(alma, ci.Id, default))).Code);
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        Assert.Equal("principal-exists", (await RefusedAsync(() => identity.CreatePrincipalAsync(alma, new NewPrincipal("vera", PrincipalKind.User, [], []), default))).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Zoe")]
    [InlineData("-zoe")]
    [InlineData("zo e")]
    [InlineData("zoë")]
    [InlineData("zoe'; drop table identity.principal; --")]
    [InlineData("zoe\n")]
    public async Task Refuses_a_name_that_is_no_name(string name)
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        Assert.Equal("invalid-request", (await RefusedAsync(() => identity.CreatePrincipalAsync(alma, new NewPrincipal(name, PrincipalKind.User, [], []), default))).Code);
    }

    [Fact]
    public async Task Refuses_unknown_roles_and_malformed_groups()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var role = await RefusedAsync(() => identity.CreatePrincipalAsync(alma, new NewPrincipal("zoe", PrincipalKind.User, ["root"], []), default));
        Assert.Equal(("invalid-request", "there is no role `root`; roles are viewer, author, operator, approver, auditor, admin"), (role.Code, role.Detail));
        Assert.Equal("invalid-request", (await RefusedAsync(() => identity.CreatePrincipalAsync(alma, new NewPrincipal("zoe", PrincipalKind.User, [], ["Fi nance"]), default))).Code);
        Assert.Equal("invalid-request", (await RefusedAsync(() =>
            identity.CreatePrincipalAsync(alma, new NewPrincipal("zoe", PrincipalKind.User, [], [.. Enumerable.Range(0, 101).Select(i => $"g{i}")]), default))).Code);
    }

    [Fact]
    public async Task Repeats_the_first_answer_for_the_same_key_without_the_secret_and_refuses_another_content()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var request = new NewPrincipal("zoe", PrincipalKind.User, [Role.Viewer], []) { IdempotencyKey = "k-1" };
        var first = await identity.CreatePrincipalAsync(alma, request, default);
        var again = await identity.CreatePrincipalAsync(alma, request, default);
        Assert.Equal(first.Principal.Id, again.Principal.Id);
        Assert.NotNull(first.Secret);
        Assert.Null(again.Secret);

        var other = await RefusedAsync(() => identity.CreatePrincipalAsync(alma, request with { Name = "zoe2" }, default));
        Assert.Equal(("idempotency-mismatch", 422), (other.Code, other.Status));
        Assert.DoesNotContain((await identity.ListPrincipalsAsync(alma, null, new PageRequest(), default)).Items, p => p.Name == "zoe2");
    }

    [Fact]
    public async Task Lists_the_members_of_a_group()
    {
        var t = await form.MakeTenantAsync();
        var (identity, amir) = await AsAsync(t, "amir");
        var finance = await identity.ListPrincipalsAsync(amir, "finance", new PageRequest(), default);
        Assert.Equal(["finn", "fiona"], finance.Items.Select(p => p.Name));
        Assert.Null(finance.Next);
        var first = await identity.ListPrincipalsAsync(amir, "finance", new PageRequest(Limit: 1), default);
        Assert.Equal(["fiona"], (await identity.ListPrincipalsAsync(amir, "finance", new PageRequest(first.Next, 1), default)).Items.Select(p => p.Name));
        Assert.Empty((await identity.ListPrincipalsAsync(amir, "nobody", new PageRequest(), default)).Items);
    }

    [Fact]
    public async Task A_change_takes_effect_at_once_and_a_stale_version_changes_nothing()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var vera = t.Person("vera").Id;
        var changed = await identity.UpdatePrincipalAsync(alma, vera, new PrincipalUpdate([Role.Author], ["finance", "hr"], true), 1, default);
        Assert.Equal(2, changed.Version);
        Assert.Equal([Role.Author], changed.Value.Roles);
        Assert.Equal(["finance", "hr"], changed.Value.Groups);
        Assert.Equal([Role.Author], (await t.CallerAsync("vera")).Roles);

        var stale = await RefusedAsync(() => identity.UpdatePrincipalAsync(alma, vera, new PrincipalUpdate([], [], false), 1, default));
        Assert.Equal(("version-conflict", 409), (stale.Code, stale.Status));
        var now = await identity.GetPrincipalAsync(alma, vera, default);
        Assert.Equal((2, true), (now.Version, now.Value.Active));
        Assert.Equal(["finance", "hr"], now.Value.Groups);

        await identity.UpdatePrincipalAsync(alma, vera, new PrincipalUpdate([Role.Author], ["hr"], true), 2, default);
        Assert.Equal(["hr"], (await identity.GetPrincipalAsync(alma, vera, default)).Value.Groups);
    }

    [Fact]
    public async Task Who_is_not_active_is_nobody()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var token = await t.TokenAsync("vera");
        Assert.NotNull(await t.Get<IIdentity>().AuthenticateAsync(token, "c", default));
        await identity.UpdatePrincipalAsync(alma, t.Person("vera").Id, new PrincipalUpdate([Role.Viewer], [], false), 1, default);
        Assert.Null(await t.Get<IIdentity>().AuthenticateAsync(token, "c", default));
        Assert.Equal("unauthenticated", (await RefusedAsync(() => identity.SignInAsync(new SignIn(t.Name, "vera", t.SecretOf("vera")), default))).Code);
    }

    [Fact]
    public async Task Nobody_takes_his_own_access_away()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var self = t.Person("alma").Id;
        Assert.Equal("own-access", (await RefusedAsync(() => identity.UpdatePrincipalAsync(alma, self, new PrincipalUpdate([Role.Admin], [], false), 1, default))).Code);
        Assert.Equal("own-access", (await RefusedAsync(() => identity.UpdatePrincipalAsync(alma, self, new PrincipalUpdate([Role.Viewer], [], true), 1, default))).Code);
    }

    [Fact]
    public async Task A_new_secret_voids_the_one_before()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var reset = await identity.ResetSecretAsync(alma, t.Person("vera").Id, default);
        await identity.SignInAsync(new SignIn(t.Name, "vera", reset.Secret!), default);
        Assert.Equal("unauthenticated", (await RefusedAsync(() => identity.SignInAsync(new SignIn(t.Name, "vera", t.SecretOf("vera")), default))).Code);
    }

    [Fact]
    public async Task An_API_key_is_its_owner_with_the_roles_it_was_given()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        await identity.UpdatePrincipalAsync(alma, t.Person("vera").Id, new PrincipalUpdate([Role.Viewer, Role.Author], ["hr"], true), 1, default);
        var (veras, vera) = await AsAsync(t, "vera");
        var created = await veras.CreateApiKeyAsync(vera, new NewApiKey("laptop", [Role.Viewer]), default);
        Assert.Matches($"^ank_{t.Id.ToString()[4..]}_[0-9a-f]{{64}}$", created.Secret);

        var (withKey, key) = await WithKeyAsync(t, created.Secret!);
        var me = await withKey.GetMeAsync(key, default);
        Assert.Equal(("vera", CredentialKind.ApiKey), (me.Name, me.Credential));
        Assert.Equal([Role.Viewer], me.Roles);
        Assert.Equal(["hr"], me.Groups);

        // What the owner loses, the key loses.
        await identity.UpdatePrincipalAsync(alma, t.Person("vera").Id, new PrincipalUpdate([Role.Author], [], true), 2, default);
        Assert.Empty((await t.Get<IIdentity>().AuthenticateAsync(created.Secret!, "c", default))!.Roles);
    }

    [Fact]
    public async Task A_revoked_key_is_void_at_once_and_revoking_twice_is_as_once()
    {
        var t = await form.MakeTenantAsync();
        var (identity, olga) = await AsAsync(t, "olga");
        var created = await identity.CreateApiKeyAsync(olga, new NewApiKey("ci"), default);
        Assert.NotNull(await t.Get<IIdentity>().AuthenticateAsync(created.Secret!, "c", default));
        await identity.RevokeApiKeyAsync(olga, created.Key.Id, default);
        Assert.Null(await t.Get<IIdentity>().AuthenticateAsync(created.Secret!, "c", default));
        await identity.RevokeApiKeyAsync(olga, created.Key.Id, default);
        Assert.NotNull((await identity.ListApiKeysAsync(olga, new PageRequest(), default)).Items.Single().Revoked);
    }

    [Fact]
    public async Task An_expired_key_is_void()
    {
        var t = await form.MakeTenantAsync();
        var (identity, olga) = await AsAsync(t, "olga");
        Assert.Equal("invalid-request", (await RefusedAsync(() => identity.CreateApiKeyAsync(olga, new NewApiKey("past", Expires: TimeProvider.System.GetUtcNow().AddSeconds(-1)), default))).Code);
        var created = await identity.CreateApiKeyAsync(olga, new NewApiKey("soon", Expires: TimeProvider.System.GetUtcNow().AddSeconds(1)), default);
        while (TimeProvider.System.GetUtcNow() < created.Key.Expires)
        {
            await Task.Delay(50);
        }

        Assert.Null(await t.Get<IIdentity>().AuthenticateAsync(created.Secret!, "c", default));
    }

    [Fact]
    public async Task A_key_cannot_exceed_or_multiply_itself()
    {
        var t = await form.MakeTenantAsync();
        var (identity, olga) = await AsAsync(t, "olga");
        Assert.Equal("forbidden", (await RefusedAsync(() => identity.CreateApiKeyAsync(olga, new NewApiKey("up", [Role.Admin]), default))).Code);
        Assert.Equal("forbidden", (await RefusedAsync(() => identity.CreateApiKeyAsync(olga, new NewApiKey("other") { Owner = t.Person("vera").Id }, default))).Code);
        var created = await identity.CreateApiKeyAsync(olga, new NewApiKey("ci"), default);
        var (withKey, key) = await WithKeyAsync(t, created.Secret!);
        Assert.Equal("forbidden", (await RefusedAsync(() => withKey.CreateApiKeyAsync(key, new NewApiKey("more"), default))).Code);
    }

    [Fact]
    public async Task An_admin_makes_keys_for_services_and_never_for_another_person()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var ci = await identity.CreatePrincipalAsync(alma, new NewPrincipal("ci", PrincipalKind.Service, [Role.Operator], []), default);
        var created = await identity.CreateApiKeyAsync(alma, new NewApiKey("deploy") { Owner = ci.Principal.Id }, default);
        var caller = await t.Get<IIdentity>().AuthenticateAsync(created.Secret!, "c", default);
        Assert.Equal((ci.Principal.Id, PrincipalKind.Service, CredentialKind.ApiKey), (caller!.Principal, caller.Kind, caller.Credential));
        Assert.Equal("forbidden", (await RefusedAsync(() => identity.CreateApiKeyAsync(alma, new NewApiKey("as-vera") { Owner = t.Person("vera").Id }, default))).Code);
        Assert.Equal("not-found", (await RefusedAsync(() => identity.CreateApiKeyAsync(alma, new NewApiKey("x") { Owner = Id<Principal>.New(TimeProvider.System) }, default))).Code);
    }

    [Fact]
    public async Task Sees_its_own_keys_and_an_admin_sees_all()
    {
        var t = await form.MakeTenantAsync();
        var (identity, olga) = await AsAsync(t, "olga");
        var (_, vera) = await AsAsync(t, "vera");
        var olgas = await identity.CreateApiKeyAsync(olga, new NewApiKey("a"), default);
        var (veras, _) = await AsAsync(t, "vera");
        Assert.Empty((await veras.ListApiKeysAsync(vera, new PageRequest(), default)).Items);
        Assert.Equal("not-found", (await RefusedAsync(() => veras.RevokeApiKeyAsync(vera, olgas.Key.Id, default))).Code);
        var (almas, alma) = await AsAsync(t, "alma");
        Assert.Equal([olgas.Key.Id], (await almas.ListApiKeysAsync(alma, new PageRequest(), default)).Items.Select(k => k.Id));
        await almas.RevokeApiKeyAsync(alma, olgas.Key.Id, default);
    }

    [Fact]
    public async Task Another_tenants_ids_are_as_unknown_ones()
    {
        var (a, b) = (await form.MakeTenantAsync(), await form.MakeTenantAsync());
        var (identity, alma) = await AsAsync(a, "alma");
        var (others, olga) = await AsAsync(b, "olga");
        var key = await others.CreateApiKeyAsync(olga, new NewApiKey("b"), default);
        var vera = b.Person("vera").Id;
        var unknown = await RefusedAsync(() => identity.GetPrincipalAsync(alma, Id<Principal>.New(TimeProvider.System), default));
        foreach (var call in (Func<Task>[])
        [
            () => identity.GetPrincipalAsync(alma, vera, default),
            () => identity.UpdatePrincipalAsync(alma, vera, new PrincipalUpdate([], [], false), 1, default),
            () => identity.ResetSecretAsync(alma, vera, default),
            () => identity.RevokeApiKeyAsync(alma, key.Key.Id, default),
        ])
        {
            var problem = await RefusedAsync(call);
            Assert.Equal((unknown.Code, unknown.Status), (problem.Code, problem.Status));
        }

        Assert.NotNull(await b.Get<IIdentity>().AuthenticateAsync(key.Secret!, "c", default));
        Assert.Equal(
            PlatformTenant.People.Select(p => a.Person(p.Name).Id).Order(),
            (await identity.ListPrincipalsAsync(alma, null, new PageRequest(), default)).Items.Select(p => p.Id).Order());
    }

    [Fact]
    public async Task Only_the_platform_makes_and_finds_tenants()
    {
        var t = await form.MakeTenantAsync();
        var identity = t.Get<IIdentity>();
        var platform = Platform.Hosting.PlatformCaller.For(default, "identity", "test");
        var name = $"n{t.Name}";
        Assert.Null(await identity.FindTenantAsync(platform, name, default));
        var created = await identity.CreateTenantAsync(platform, new NewTenant(name, PlatformTenant.People), default);
        Assert.Equal(created.Tenant.Id, (await identity.FindTenantAsync(platform, name, default))!.Id);
        Assert.Equal("tenant-exists", (await RefusedAsync(() => identity.CreateTenantAsync(platform, new NewTenant(name, []), default))).Code);
        var alma = await t.CallerAsync("alma");
        Assert.Equal("forbidden", (await RefusedAsync(() => identity.CreateTenantAsync(alma, new NewTenant("mine", []), default))).Code);
        Assert.Equal("forbidden", (await RefusedAsync(() => identity.FindTenantAsync(alma, name, default))).Code);
    }

    [Fact]
    public async Task A_credential_that_is_none_is_nobodys()
    {
        var t = await form.MakeTenantAsync();
        Assert.Null(await t.Get<IIdentity>().AuthenticateAsync("ank_nonsense", "c", default));
        Assert.Null(await t.Get<IIdentity>().AuthenticateAsync(new string('x', 10_000), "c", default));
    }

    [Fact]
    public async Task What_needs_a_scope_is_refused_without_it()
    {
        var t = await form.MakeTenantAsync();
        var (identity, vera) = await AsAsync(t, "vera");
        foreach (var call in (Func<Task>[])
        [
            () => identity.CreatePrincipalAsync(vera, new NewPrincipal("zoe", PrincipalKind.User, [Role.Admin], []), default),
            () => identity.ListPrincipalsAsync(vera, null, new PageRequest(), default),
            () => identity.GetPrincipalAsync(vera, t.Person("olga").Id, default),
            () => identity.UpdatePrincipalAsync(vera, t.Person("vera").Id, new PrincipalUpdate([Role.Admin], [], true), 1, default),
            () => identity.ResetSecretAsync(vera, t.Person("olga").Id, default),
        ])
        {
            Assert.Equal("forbidden", (await RefusedAsync(call)).Code);
        }
    }

    [Fact]
    public async Task Every_change_tells_an_event_and_leaves_a_record_without_secrets()
    {
        var t = await form.MakeTenantAsync();
        var (identity, alma) = await AsAsync(t, "alma");
        var zoe = await identity.CreatePrincipalAsync(alma, new NewPrincipal("zoe", PrincipalKind.User, [Role.Viewer], []), default);
        await identity.UpdatePrincipalAsync(alma, zoe.Principal.Id, new PrincipalUpdate([Role.Author], [], true), 1, default);
        var reset = await identity.ResetSecretAsync(alma, zoe.Principal.Id, default);
        var key = await identity.CreateApiKeyAsync(alma, new NewApiKey("k"), default);
        await identity.RevokeApiKeyAsync(alma, key.Key.Id, default);

        var events = await t.Db.For(t.Id).ListAsync("select type, subject, sequence, body::text from platform.events order by position",
            r => (Type: r.GetString(0), Subject: r.GetString(1), Sequence: r.GetInt64(2), Body: r.GetString(3)), default);
        Assert.Equal(
            [("tenant.created", t.Id.ToString(), 1L), ("principal.changed", zoe.Principal.Id.ToString(), 1L), ("principal.changed", zoe.Principal.Id.ToString(), 2L),
                ("principal.changed", zoe.Principal.Id.ToString(), 3L), ("api_key.changed", key.Key.Id.ToString(), 1L), ("api_key.changed", key.Key.Id.ToString(), 2L)],
            events.Where(e => e.Subject == t.Id.ToString() || e.Subject == zoe.Principal.Id.ToString() || e.Subject == key.Key.Id.ToString()).Select(e => (e.Type, e.Subject, e.Sequence)));

        await using var admin = new Npgsql.NpgsqlConnection(t.Admin);
        await admin.OpenAsync();
        await using var leaves = new Npgsql.NpgsqlCommand("select convert_from(body, 'UTF8') from platform.leaf where tenant_id = $1 order by id", admin)
        { Parameters = { new() { Value = t.Id.Value } } };
        var bodies = new List<string>();
        await using var reader = await leaves.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            bodies.Add(reader.GetString(0));
        }

        foreach (var action in new[] { "tenant.created", "principal.created", "principal.changed", "principal.secret_reset", "api_key.created", "api_key.revoked" })
        {
            Assert.Contains(bodies, b => b.Contains($"\"action\":\"{action}\"", StringComparison.Ordinal));
        }

        foreach (var secret in new[] { zoe.Secret!, reset.Secret!, key.Secret! })
        {
            Assert.DoesNotContain(events, e => e.Body.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(bodies, b => b.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, t.Log, StringComparison.Ordinal);
        }

        // A leaf names people by id alone.
        Assert.DoesNotContain(bodies, b => b.Contains("zoe", StringComparison.Ordinal));
    }
}

public sealed class IdentityServiceTests(TestServer server) : IdentityContract(server)
{
    protected override async Task<(IIdentity Identity, Caller Caller)> WithKeyAsync(PlatformTenant t, string key) =>
        (t.Get<IIdentity>(), (await t.Get<IIdentity>().AuthenticateAsync(key, "test", default))!);
}

public sealed class IdentityOverHttpTests(OtherProcess other) : IdentityContract(other)
{
    protected override Task<(IIdentity Identity, Caller Caller)> WithKeyAsync(PlatformTenant t, string key) =>
        Task.FromResult((new Client.AnumateClient(t.Http, key).Identity, Caller.Self));
}
