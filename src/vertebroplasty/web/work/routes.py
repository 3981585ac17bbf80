"""What a page asks about long work: how far it is, and please stop."""

from typing import Any

from fastapi import APIRouter, Request

from vertebroplasty.web.house import house_of

__all__ = ["router"]

router = APIRouter(prefix="/jobs")


@router.get("/{job_id}")
def job(request: Request, job_id: str) -> dict[str, Any]:
    """How far a job is."""
    return house_of(request).jobs.find(job_id).as_json()


@router.post("/{job_id}/cancel")
def cancel(request: Request, job_id: str) -> dict[str, Any]:
    """Stop a job."""
    return house_of(request).jobs.cancel(job_id).as_json()
