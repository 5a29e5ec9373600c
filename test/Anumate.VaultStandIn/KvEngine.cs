using System.Text.Json.Nodes;

namespace Anumate.VaultStandIn;

/// <summary>The KV secrets engine, version 2.</summary>
sealed class KvEngine(TimeProvider time) : IEngine
{
    sealed class Version
    {
        public required JsonObject? Data { get; set; }

        public required string Created { get; init; }

        public string Deleted { get; set; } = "";

        public bool Destroyed { get; set; }

        public bool IsThere => Deleted.Length == 0 && !Destroyed;

        public JsonObject Metadata(int number) => new()
        {
            ["created_time"] = Created, ["custom_metadata"] = null, ["deletion_time"] = Deleted, ["destroyed"] = Destroyed, ["version"] = number,
        };
    }

    readonly SortedDictionary<string, SortedDictionary<int, Version>> _secrets = new(StringComparer.Ordinal);
    bool _casRequired;
    int _most = 10;

    public string Type => "kv";

    public bool Exists(string path) => path.IndexOf('/') is >= 0 and var at && _secrets.ContainsKey(path[(at + 1)..]);

    public Answer Handle(Request request, string path)
    {
        var (kind, name) = path.IndexOf('/') is >= 0 and var at ? (path[..at], path[(at + 1)..]) : (path, "");
        return (kind, request.Method) switch
        {
            ("config", "POST") => Configure(request),
            ("config", "GET") => Answer.Ok(new JsonObject { ["cas_required"] = _casRequired, ["max_versions"] = _most, ["delete_version_after"] = "0s" }),
            ("data", "GET") => Read(request, name),
            ("data", "POST") => Write(request, name),
            ("data", "DELETE") => Mark(name, [Newest(name)], v => v.Deleted = Now()),
            ("delete", "POST") => Mark(name, Numbers(request), v => v.Deleted = Now()),
            ("undelete", "POST") => Mark(name, Numbers(request), v => v.Deleted = ""),
            ("destroy", "POST") => Mark(name, Numbers(request), v => (v.Destroyed, v.Data) = (true, null)),
            ("metadata", "GET") => Metadata(name),
            ("metadata", "LIST") => List(name),
            ("metadata", "DELETE") => _secrets.Remove(name) ? Answer.None : Answer.None,
            _ => Answer.Error(405, "unsupported operation"),
        };
    }

    Answer Configure(Request request)
    {
        _casRequired = request.Body["cas_required"]?.GetValue<bool>() ?? _casRequired;
        _most = (int)request.Number("max_versions", _most) is > 0 and var most ? most : 10;
        return Answer.None;
    }

    Answer Read(Request request, string name)
    {
        var number = request.Query.TryGetValue("version", out var asked) && int.Parse(asked) is > 0 and var exact ? exact : Newest(name);
        if (!_secrets.TryGetValue(name, out var versions) || !versions.TryGetValue(number, out var version))
        {
            return Answer.NotFound;
        }

        var answer = Answer.Ok(new JsonObject { ["data"] = version.IsThere ? version.Data!.DeepClone() : null, ["metadata"] = version.Metadata(number) });
        return version.IsThere ? answer : answer with { Status = 404 };
    }

    Answer Write(Request request, string name)
    {
        if (request.Body["data"] is not JsonObject data)
        {
            return Answer.Error(400, "no data provided");
        }

        var cas = request.Body["options"]?["cas"];
        if (cas is null && _casRequired)
        {
            return Answer.Error(400, "check-and-set parameter required for this call");
        }

        if (cas is not null && cas.GetValue<int>() != Newest(name))
        {
            return Answer.Error(400, "check-and-set parameter did not match the current version");
        }

        var number = Newest(name) + 1;
        if (!_secrets.TryGetValue(name, out var versions))
        {
            _secrets[name] = versions = [];
        }

        versions[number] = new Version { Data = (JsonObject)data.DeepClone(), Created = Now() };
        while (versions.Count > _most)
        {
            versions.Remove(versions.Keys.First());
        }

        return Answer.Ok(versions[number].Metadata(number));
    }

    Answer Mark(string name, IEnumerable<int> numbers, Action<Version> change)
    {
        if (_secrets.TryGetValue(name, out var versions))
        {
            foreach (var number in numbers)
            {
                if (versions.TryGetValue(number, out var version))
                {
                    change(version);
                }
            }
        }

        return Answer.None;
    }

    Answer Metadata(string name) => _secrets.TryGetValue(name, out var versions)
        ? Answer.Ok(new JsonObject
        {
            ["cas_required"] = _casRequired, ["current_version"] = versions.Keys.Last(), ["oldest_version"] = versions.Keys.First(), ["max_versions"] = _most,
            ["created_time"] = versions.Values.First().Created, ["updated_time"] = versions.Values.Last().Created, ["custom_metadata"] = null, ["delete_version_after"] = "0s",
            ["versions"] = new JsonObject(versions.Select(v => KeyValuePair.Create($"{v.Key}", (JsonNode?)v.Value.Metadata(v.Key)))),
        })
        : Answer.NotFound;

    Answer List(string folder)
    {
        var prefix = folder.Length == 0 ? "" : folder.TrimEnd('/') + "/";
        var keys = _secrets.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => k[prefix.Length..])
            .Select(k => k.IndexOf('/') is >= 0 and var at ? k[..(at + 1)] : k).Distinct().Select(k => (JsonNode)k).ToArray();
        return keys.Length == 0 ? Answer.NotFound : Answer.Ok(new JsonObject { ["keys"] = new JsonArray(keys) });
    }

    int Newest(string name) => _secrets.TryGetValue(name, out var versions) ? versions.Keys.Last() : 0;

    static IEnumerable<int> Numbers(Request request) => request.Body["versions"]!.AsArray().Select(n => n!.GetValue<int>());

    string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
}
